/** Reads a list that the service returns page by page. */
import type { Connection } from './connection.ts';
import { say } from './output.ts';
import { paint, standardError } from './terminal.ts';

/** `unreadable` counts items that are left out since their records are damaged. */
type Page<T> = { cursor?: string | null; unreadable?: number } & { [member: string]: T[] | unknown };

/** Yields the items in `member` of every page. */
export async function* listAll<T>(
  connection: Connection,
  path: string,
  member: string,
  parameters: Record<string, string | undefined> = {},
): AsyncGenerator<T> {
  let cursor: string | undefined;
  do {
    const page: Page<T> = await connection.json(path, { parameters: { ...parameters, cursor } });
    yield* (page[member] as T[] | undefined) ?? [];
    if (page.unreadable)
      say(
        `${paint('yellow', 'warning', standardError)} ${page.unreadable} more cannot be read: their records are` +
          ' damaged; the operational log names the files',
      );
    cursor = page.cursor ?? undefined;
  } while (cursor);
}

export const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};
