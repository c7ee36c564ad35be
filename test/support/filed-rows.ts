/** Reads the rows of the ledger. */
import { gunzipSync } from 'node:zlib';
import type { Objects } from '#aws/objects.ts';
import type { Instant } from '#domain/time.ts';

export type FiledRow = { id: string; scope_id?: string; filed_at: Instant };

export const filedRows = async (ledger: Objects): Promise<FiledRow[]> => {
  const rows: FiledRow[] = [];
  for await (const { key } of ledger.list('events/')) {
    const text = gunzipSync((await ledger.get(key))!.bytes).toString();
    for (const line of text.trimEnd().split('\n')) rows.push(JSON.parse(line) as FiledRow);
  }
  return rows;
};
