/** Compacts days of a test's ledger as the stage does it, in one go: for tests of what reads segments. */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { Objects } from '#aws/objects.ts';
import { Compactions } from '#aws/state/compactions.ts';
import { lanes } from '#domain/archive/lane.ts';
import { daysPrefix, parseObjectKey } from '#domain/archive/layout.ts';
import { keysSha256 } from '#domain/compact/cut.ts';
import type { DayFacts, SegmentFacts } from '#domain/compact/facts.ts';
import { orderOf, readFiledLine } from '#domain/compact/filed-line.ts';
import { type Partition, segmentKey, segmentPartition } from '#domain/compact/layout.ts';
import { arrange, type SegmentRow, writeSegment } from '#domain/compact/segment-file.ts';
import { dateOf } from '#domain/time.ts';

export type CompactedPlaces = { ledger: Objects; views: Objects; state: Objects };
export type CompactedDays = {
  bucket: number;
  upTo: string;
  /** How many objects make a segment, and how many rows a group. */
  runObjects?: number;
  groupRows?: number;
};

/** Compacts all days of a bucket up to one; returns their facts. */
export const compactDays = async (
  { ledger, views, state }: CompactedPlaces,
  { bucket, upTo, runObjects = 3, groupRows = 4 }: CompactedDays,
): Promise<DayFacts[]> => {
  const days = new Map<string, DayFacts>();
  for (const lane of lanes) {
    const keys = new Map<string, { key: string; at: string }[]>();
    for await (const { key } of ledger.list(daysPrefix(lane, bucket, ''))) {
      const at = parseObjectKey(key)!.firstFiledAt;
      if (dateOf(at) <= upTo) keys.set(dateOf(at), [...(keys.get(dateOf(at)) ?? []), { key, at }]);
    }
    for (const [date, found] of keys) {
      const day: DayFacts = days.get(date) ?? { date, lanes: {} };
      days.set(date, day);
      const sorted = found
        .sort((a, b) => (`${a.at} ${a.key}` < `${b.at} ${b.key}` ? -1 : 1))
        .map(({ key }) => key);
      const segments: SegmentFacts[] = [];
      for (let start = 0; start < sorted.length; start += runObjects) {
        const rows: SegmentRow[] = [];
        for (const key of sorted.slice(start, start + runObjects))
          rows.push(...rowsOf((await ledger.get(key))!.bytes));
        segments.push(await write(views, { lane, bucket, date }, segments.length, { rows, groupRows }));
      }
      day.lanes[lane] = {
        objects: sorted.length,
        keys_sha256: keysSha256(sorted.map(key => ({ key }))),
        rows: sum(segments, ({ rows }) => rows),
        text_bytes: sum(segments, ({ text_bytes }) => text_bytes),
        rows_sum: '0'.repeat(64),
        segments,
      };
    }
  }
  const compactions = new Compactions(state);
  const facts = [...days.values()].sort((a, b) => (a.date < b.date ? -1 : 1));
  for (const month of new Set(facts.map(({ date }) => date.slice(0, 7))))
    await compactions.putMonth(
      { format: 1, bucket, month, days: facts.filter(({ date }) => date.startsWith(month)) },
      await compactions.month(bucket, month),
    );
  await compactions.put({ format: 1, bucket, compacted_to: upTo }, await compactions.get(bucket));
  return facts;
};

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

const rowsOf = (bytes: Buffer): SegmentRow[] =>
  gunzipSync(bytes)
    .toString()
    .trimEnd()
    .split('\n')
    .map(text => {
      const line = Buffer.from(text);
      const read = readFiledLine(line);
      if ('fault' in read) throw new Error(read.fault);
      return { ...orderOf(read.cells), line };
    });

const write = async (
  views: Objects,
  partition: Partition,
  n: number,
  { rows, groupRows }: { rows: SegmentRow[]; groupRows: number },
): Promise<SegmentFacts> => {
  const arranged = arrange(rows);
  const { bytes, groups } = writeSegment(arranged, groupRows);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const key = segmentKey({ ...partition, n, sha256 });
  await views.create(key, bytes);
  let etag = '';
  for await (const object of views.list(segmentPartition(partition)))
    if (object.key === key) etag = object.etag;
  const filed = arranged.map(({ filed_at }) => filed_at).sort();
  return {
    key,
    bytes: bytes.length,
    etag,
    sha256,
    rows: arranged.length,
    text_bytes: sum(groups, ({ text_bytes }) => text_bytes),
    first_filed_at: filed[0]!,
    last_filed_at: filed.at(-1)!,
    groups,
  };
};
