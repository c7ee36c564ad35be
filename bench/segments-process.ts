/** The process in which `bench/compacted.ts` writes some of its segments. Prints their facts. */
import { createHash } from 'node:crypto';
import { orderOf, readFiledLine } from '#domain/compact/filed-line.ts';
import { segmentKey } from '#domain/compact/layout.ts';
import { arrange, type SegmentRow, writeSegment } from '#domain/compact/segment-file.ts';
import { makeDirectory } from '#embedded/files.ts';
import { openPlace } from './compact.ts';
import {
  compactedBucket,
  dateOfSegment,
  rowsOfSegment,
  scopes,
  segmentsOfDay,
  timeOfRow,
} from './compacted.ts';
import { FiledRows } from './filed-rows.ts';

const [root, ...numbers] = process.argv.slice(2) as [string, ...string[]];
const [first, end, step] = numbers.map(Number) as [number, number, number];
const filed = new FiledRows(scopes);

const rowAt = (n: number): SegmentRow => {
  const line = filed.line(n, timeOfRow(n)).subarray(0, -1);
  const read = readFiledLine(line);
  if ('fault' in read) throw new Error(read.fault);
  return { ...orderOf(read.cells), line, cells: read.cells };
};

const run = async (): Promise<void> => {
  await makeDirectory(`${root}/tmp`);
  const views = openPlace(root, 'views');
  const facts = [];
  for (let n = first; n < end; n += step) {
    const start = n * rowsOfSegment;
    const rows = Array.from({ length: rowsOfSegment }, (_, at) => rowAt(start + at));
    const { bytes, groups } = writeSegment(arrange(rows));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const partition = { lane: 'ontime', bucket: compactedBucket, date: dateOfSegment(n) } as const;
    const key = segmentKey({ ...partition, n: n % segmentsOfDay, sha256 });
    await views.create(key, bytes);
    const { etag } = (await views.get(key))!;
    facts.push({
      ...{ key, bytes: bytes.length, etag, sha256, rows: rows.length, groups },
      text_bytes: groups.reduce((sum, { text_bytes }) => sum + text_bytes, 0),
      first_filed_at: rows[0]!.filed_at,
      last_filed_at: rows.at(-1)!.filed_at,
    });
  }
  process.stdout.write(JSON.stringify(facts));
};

await run();
