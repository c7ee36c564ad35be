/** Finds refused items that are open, by what a table shows of their keys and senders. */
import type { Connection } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import { listAll } from '#cli/pages.ts';
import { ellipsis } from '#cli/table.ts';
import { printActor } from '#domain/access/principal.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';

export type RefusedItem = Api<'RefusedSummary'>;

/** A whole key, its beginning, or its beginning and its end, as a table shows it. */
export const keyGrammar = new RegExp(`^[0-9a-f]{6,64}(?:${ellipsis}[0-9a-f]+)?$`);

export const listOpen = (
  connection: Connection,
  parameters: Partial<Record<'scope_id' | 'sender' | 'code', string | undefined>> = {},
): AsyncGenerator<RefusedItem> => listAll(connection, '/v1/refused', 'items', parameters);

/** The whole key of an item; throws a `Failure` unless exactly one open item matches. */
export const resolveKey = async (connection: Connection, key: string): Promise<string> => {
  if (/^[0-9a-f]{64}$/.test(key)) return key;
  const [start = '', end = ''] = key.split(ellipsis);
  const keys: string[] = [];
  for await (const item of listOpen(connection))
    if (item.key.startsWith(start) && item.key.endsWith(end)) keys.push(item.key);
  if (keys.length === 1) return keys[0]!;
  const matching = keys.length === 0 ? 'No open item matches' : 'Several open items match';
  throw new Failure(2, `${matching} the key "${key}"; "annals refused list --json" has the full keys`);
};

/** The ARN of a sender; throws a `Failure` unless the senders of the open items have exactly one of that name. */
export const resolveSender = async (connection: Connection, sender: string): Promise<string> => {
  if (sender.startsWith('arn:')) return sender;
  const senders = new Set<string>();
  for await (const item of listOpen(connection))
    if (printActor(item.sender) === sender) senders.add(item.sender);
  const [found] = senders;
  if (found !== undefined && senders.size === 1) return found;
  const matching = senders.size === 0 ? 'No open item is from the sender' : 'Several senders have the name';
  throw new Failure(2, `${matching} "${sender}"; name the sender by its ARN`);
};
