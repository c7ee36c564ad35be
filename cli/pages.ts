/** A list that the service gives page by page, as one. */

import { readJson } from '#cli/send/refusal.ts';
import type { Connection } from './connection.ts';
import { say } from './output.ts';
import { paint, standardError } from './terminal.ts';

/** `unreadable` counts what is left out, since its record is damaged. */
type Page<T> = { cursor?: string | null; unreadable?: number } & { [member: string]: T[] | unknown };

/** Yields the items under `member` of every page at `path`. */
export async function* listAll<T>(
  connection: Connection,
  path: string,
  member: string,
  parameters: Record<string, string> = {},
): AsyncGenerator<T> {
  let cursor: string | null | undefined;
  do {
    const query = new URLSearchParams(cursor ? { ...parameters, cursor } : parameters).toString();
    const response: Response = await connection.fetch(query === '' ? path : `${path}?${query}`);
    const page = await readJson<Page<T>>(response);
    yield* (page[member] as T[] | undefined) ?? [];
    if (page.unreadable)
      say(
        `${paint('yellow', 'warning', standardError)} ${page.unreadable} more cannot be read, since their records are damaged; the operational log names the files`,
      );
    cursor = page.cursor;
  } while (cursor);
}

export const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};
