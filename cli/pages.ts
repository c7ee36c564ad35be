/** A list that the service gives page by page, as one. */
import type { Connection } from './connection.ts';
import { readJson } from './refusal.ts';

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
    const page = await readJson<Record<string, T[]> & { cursor?: string | null }>(response);
    yield* page[member] ?? [];
    cursor = page.cursor;
  } while (cursor);
}

export const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};
