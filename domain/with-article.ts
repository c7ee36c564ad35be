/** A noun with its article, in messages: "a string", "an object". `null` is none, and stands alone. */
export const withArticle = (noun: string): string =>
  noun === 'null' ? noun : `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
