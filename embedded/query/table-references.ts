/**
 * The tables that a statement reads, and the partitions of each that its conditions leave. A statement whose form is
 * not understood is refused: reading too few files would make an answer short, and nobody would see it.
 *
 * Understood: `FROM "table"`, alone or with `WHERE` and conditions of the form `"column" <operator> 'literal'` or
 * `"column" IN ('literal', …)`, joined by AND alone.
 */
import { exception } from './athena-errors.ts';

const operators = ['=', '<', '<=', '>', '>='] as const;
export type Condition = { column: string; operator: (typeof operators)[number] | 'in'; values: string[] };

/** A table in a FROM clause; `start` and `end` are the place of its name, with quotes, in the statement. */
export type TableReference = { table: string; start: number; end: number; conditions: Condition[] };

type Token = { text: string; start: number };

const tokenGrammar = /'(?:[^']|'')*'|"(?:[^"]|"")*"|[A-Za-z_]\w*|[<>]=|<>|!=|\|\||\S/g;

const tokensOf = (sql: string): Token[] =>
  [...sql.matchAll(tokenGrammar)].map(({ 0: text, index }) => ({ text, start: index }));

/** Throws `InvalidRequestException` if the statement reads one of the tables in another form. */
export const tableReferences = (sql: string, tables: readonly string[]): TableReference[] => {
  const tokens = tokensOf(sql);
  const references: TableReference[] = [];
  for (const [at, { text, start }] of tokens.entries()) {
    const table = tables.find(name => unquoted(text).toLowerCase() === name);
    if (table === undefined || text.startsWith("'")) continue;
    if (!isWord(tokens[at - 1], 'from') || text !== `"${table}"`)
      throw notUnderstood(`the table ${table} stands elsewhere than as FROM "${table}"`);
    const conditions = conditionsFrom(tokens, at + 1);
    references.push({ table, start, end: start + text.length, conditions });
  }
  return references;
};

const isWord = (token: Token | undefined, word: string): boolean => token?.text.toLowerCase() === word;
const unquoted = (text: string): string =>
  text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;

const isEnd = (token: Token | undefined): boolean =>
  token === undefined || [')', 'union', 'order'].some(word => isWord(token, word));

/** The conditions of the WHERE clause that begins at `at`, if one does. */
const conditionsFrom = (tokens: readonly Token[], at: number): Condition[] => {
  if (isEnd(tokens[at])) return [];
  if (!isWord(tokens[at], 'where')) throw notUnderstood(`"${tokens[at]!.text}" follows a table`);
  const conditions: Condition[] = [];
  for (let next = at + 1; ; next++) {
    const { condition, end } = conditionAt(tokens, next);
    conditions.push(condition);
    next = end;
    if (isEnd(tokens[next])) return conditions;
    if (!isWord(tokens[next], 'and')) throw notUnderstood(`"${tokens[next]!.text}" follows a condition`);
  }
};

const conditionAt = (tokens: readonly Token[], at: number): { condition: Condition; end: number } => {
  const [column, comparison, value] = tokens.slice(at, at + 3).map(({ text }) => text);
  if (!column?.startsWith('"')) throw notUnderstood(`a condition begins with ${column ?? 'nothing'}`);
  const operator = operators.find(known => known === comparison);
  if (operator !== undefined && value?.startsWith("'"))
    return { condition: { column: unquoted(column), operator, values: [literal(value)] }, end: at + 3 };
  if (comparison?.toLowerCase() !== 'in' || value !== '(')
    throw notUnderstood(`${column} is not compared with a string literal`);
  const values: string[] = [];
  for (let next = at + 3; ; next += 2) {
    const [item, separator] = [tokens[next]?.text, tokens[next + 1]?.text];
    if (!item?.startsWith("'")) throw notUnderstood(`${column} is not compared with string literals`);
    values.push(literal(item));
    if (separator === ')')
      return { condition: { column: unquoted(column), operator: 'in', values }, end: next + 2 };
    if (separator !== ',') throw notUnderstood(`${column} is compared with a list that does not end`);
  }
};

const literal = (text: string): string => text.slice(1, -1).replaceAll("''", "'");

const notUnderstood = (what: string) =>
  exception(
    'InvalidRequestException',
    `The embedded Athena does not understand this statement: ${what}. It reads FROM "table" WHERE, ` +
      'and comparisons of columns with string literals, joined by AND',
  );

/** Whether a value of the column meets all conditions on it, compared as text. */
export const meets = (conditions: readonly Condition[], column: string, value: string): boolean =>
  conditions.every(condition => condition.column !== column || holds(condition, value));

const holds = ({ operator, values }: Condition, value: string): boolean => {
  const [limit] = values as [string];
  switch (operator) {
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
    default:
      return values.includes(value);
  }
};
