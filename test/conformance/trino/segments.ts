/** Segments of everything that a ledger holds, in a folder of their own, as compact writes them. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readFiledObject } from '#domain/archive/filed-object.ts';
import { parseObjectKey } from '#domain/archive/layout.ts';
import { orderOf, readFiledLine } from '#domain/compact/filed-line.ts';
import { type Partition, segmentKey } from '#domain/compact/layout.ts';
import { arrange, type SegmentRow, writeSegment } from '#domain/compact/segment-file.ts';

type Day = Partition & { rows: SegmentRow[] };

/** So few that the days of the suite have several. */
const rowsOfGroup = 7;

/** Writes a segment for each partition of a ledger of `buckets` buckets that lies in a folder. */
export const writeSegments = async (ledger: string, views: string, buckets: number): Promise<void> => {
  for (const { rows, ...partition } of await daysOf(ledger, buckets)) {
    const { bytes } = writeSegment(arrange(rows), rowsOfGroup);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const path = join(views, segmentKey({ ...partition, n: 0, sha256 }));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
};

const daysOf = async (ledger: string, buckets: number): Promise<Day[]> => {
  const days = new Map<string, Day>();
  const files = await readdir(ledger, { recursive: true });
  for (const key of files.sort()) {
    const name = parseObjectKey(key);
    if (!name) continue;
    const { lines, faults } = readFiledObject(await readFile(join(ledger, key)), name, buckets);
    if (faults.length > 0) throw new Error(`${key} is not an object of the ledger`);
    const place = dirname(key);
    const { lane, bucket, firstFiledAt } = name;
    const day = days.get(place) ?? { lane, bucket, date: firstFiledAt.slice(0, 10), rows: [] };
    days.set(place, day);
    for (const line of lines) {
      const read = readFiledLine(line);
      if ('fault' in read) throw new Error(`${key} has a line that is not one of the ledger: ${read.fault}`);
      day.rows.push({ ...orderOf(read.cells), line });
    }
  }
  return [...days.values()];
};
