/**
 * Text as a SQL literal, the only way in which a foreign value enters a statement: as a parameter in the
 * WHERE clause, where Athena's ExecutionParameters want fragments of SQL, and in the text itself anywhere
 * else, since Athena takes parameters in the WHERE clause only.
 *
 * https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html
 */

/** https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html */
export const maxLiteralCharacters = 1024;

/** The text can't be written as a SQL literal; no statement can hold it. */
export class NoLiteral extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NoLiteral';
  }
}

const half = /\p{Cs}/u;

/**
 * A Trino string literal, in which only the single quote is special. Throws `NoLiteral` for a text that no
 * literal can hold, so that no value is ever cut or changed.
 */
export const sqlLiteral = (text: string): string => {
  if (text.includes('\u0000')) throw new NoLiteral('A value in a query cannot hold U+0000');
  if (half.test(text)) throw new NoLiteral('A value in a query cannot hold half of a surrogate pair');
  const literal = `'${text.replaceAll("'", "''")}'`;
  if (literal.length > maxLiteralCharacters)
    throw new NoLiteral(`A value in a query has at most ${maxLiteralCharacters} characters, quotes included`);
  return literal;
};
