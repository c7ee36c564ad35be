/** Compares what two engines made of the same statements: the raw outputs, and the files that finish makes of them. */
import { createHash } from 'node:crypto';
import { ExportFile, type ExportSummary } from '#domain/export/file.ts';
import type { ExportFilter } from '#domain/export/filter.ts';
import type { Instant } from '#domain/time.ts';
import type { Output } from './engine.ts';

/** How they differ, in sentences. */
export const differences = (trino: Output, embedded: Output): string[] => [
  ...(trino.csv.equals(embedded.csv) ? [] : [firstDifference(trino.csv, embedded.csv)]),
  ...(trino.bytes === embedded.bytes
    ? []
    : [`Trino read ${trino.bytes} bytes, the embedded engine ${embedded.bytes}`]),
];

const shownCharacters = 400;

const firstDifference = (trino: Buffer, embedded: Buffer): string => {
  const [ours, theirs] = [embedded, trino].map(csv => csv.toString().split('\n')) as [string[], string[]];
  const at = ours.findIndex((line, n) => line !== theirs[n]);
  const line = at === -1 ? ours.length : at;
  const [a, b] = [theirs, ours].map(lines => lines[line]?.slice(0, shownCharacters) ?? 'nothing');
  return `In line ${line + 1} of ${ours.length} Trino has ${a}, the embedded engine ${b}`;
};

/** What finish makes of the outputs of an export's statements. */
export const finishedFile = (
  outputs: readonly Output[],
  filedFrom?: Instant,
  filter?: ExportFilter,
): ExportSummary & { file: string } => {
  const file = new ExportFile(filedFrom, 'csv', filter);
  const hash = createHash('sha256');
  outputs.forEach(({ csv }, n) => {
    if (n > 0) file.nextOutput();
    hash.update(file.push(csv));
  });
  return { ...file.end(), file: hash.digest('hex') };
};
