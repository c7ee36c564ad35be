/** A noun with its article, in messages: "a string", "an object". `null` gets no article. */
export const withArticle = (noun: string): string =>
  noun === 'null' ? noun : `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
