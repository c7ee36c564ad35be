/**
 * The columns beside the JSON texts of an event: each holds a name, or is absent. Anything else stays in the
 * JSON as sent, with a warning.
 */

import type { JsonMember } from '#domain/json/reader.ts';
import { kindOf, unquote } from '#domain/json/token.ts';
import { idColumn } from './id-column.ts';
import { isIpAddress } from './ip-address.ts';
import { isName } from './name.ts';
import { sha256Message, type Warnings } from './warning.ts';

/** An id in the form of its column. */
export const columnOf = (id: string, path: string, warnings: Warnings): string => {
  const column = idColumn(id);
  if (column !== id) warnings.add('not_a_name', path, sha256Message);
  return column;
};

/** An id within the request in the form of its column: only a name that occurs once. */
export const requestColumn = (request: JsonMember, key: string, warnings: Warnings): string | undefined => {
  const token = request.tokens[request.keys.indexOf(key)];
  if (token === undefined || token === 'null') return undefined;
  const isOnce = request.keys.indexOf(key) === request.keys.lastIndexOf(key);
  const name = isOnce && kindOf(token) === 'string' ? unquote(token) : '';
  if (isName(name)) return name;
  warnings.add(
    'not_a_name',
    `/request/${key}`,
    'The request is kept as sent; the event cannot be found by this',
  );
  return undefined;
};

export const checkAddress = ({ keys, tokens }: JsonMember, warnings: Warnings): void => {
  for (let at = keys.indexOf('ip_address'); at >= 0; at = keys.indexOf('ip_address', at + 1)) {
    const token = tokens[at]!;
    if (token === 'null' || (kindOf(token) === 'string' && isIpAddress(unquote(token)))) continue;
    warnings.add(
      'not_an_address',
      '/request/ip_address',
      'Expected an IPv4 address in dotted notation, or an IPv6 address; it is kept as sent',
    );
  }
};
