/** The parameters of a statement of Athena. */
import { invalid } from './athena-errors.ts';

/**
 * Returns the statement with each `?` outside of quotes replaced by its parameter, which must be one string
 * literal. As in the service, parameters stand in the WHERE clause. Throws `InvalidRequestException`.
 */
export const withParameters = (sql: string, parameters: readonly string[]): string => {
  let used = 0;
  let isBeforeWhere = true;
  const replaced = sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\bwhere\b|\?/gi, token => {
    if (token.toLowerCase() === 'where') isBeforeWhere = false;
    if (token !== '?') return token;
    if (isBeforeWhere)
      throw invalid('A parameter stands before the WHERE clause; write the value as a literal');
    const parameter = parameters[used++];
    if (parameter === undefined || !/^'(?:[^']|'')*'$/.test(parameter))
      throw invalid('A parameter is missing, or is not a string literal');
    return parameter;
  });
  if (used !== parameters.length)
    throw invalid(`The query takes ${used} parameters, ${parameters.length} were given`);
  return replaced;
};
