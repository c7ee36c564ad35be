/**
 * A log of compacted days, made as its segments and their facts, without the ledger: browse reads no other. The
 * scope's rows are all different. Those of the others in its bucket are one segment under many names, so that ten
 * million rows take the minutes of one million to make: browse reads none of them, it knows them by their facts.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { systemBackoff } from '#aws/backoff.ts';
import { Objects } from '#aws/objects.ts';
import { Compactions } from '#aws/state/compactions.ts';
import { bucketOf } from '#domain/archive/bucket.ts';
import type { DayFacts, SegmentFacts } from '#domain/compact/facts.ts';
import { orderOf, readFiledLine } from '#domain/compact/filed-line.ts';
import { monthOf, segmentKey } from '#domain/compact/layout.ts';
import { arrange, type SegmentRow, writeSegment } from '#domain/compact/segment-file.ts';
import { addDays, instantOfMilliseconds } from '#domain/time.ts';
import { makeDirectory } from '#embedded/files.ts';
import { EmbeddedS3 } from '#embedded/storage/s3.ts';
import { FiledRows } from '../filed-rows.ts';

export const scope = 'acme';
const days = 7;
const dayMs = 86_400_000;
/** A run of 50,000 rows of the bucket holds so many of the scope, and the rest of the others. */
const ownRows = 5000;
const otherRows = 45_000;
const otherScopes = 9;

type Made = ReturnType<typeof writeSegment> & { sha256: string; rows: number };

const made = (filed: FiledRows, first: number, rows: number, timeOf: (n: number) => number): Made => {
  const segment = writeSegment(
    arrange(
      Array.from({ length: rows }, (_, n): SegmentRow => {
        const line = filed.line(first + n, timeOf(n)).subarray(0, -1);
        const read = readFiledLine(line);
        if ('fault' in read) throw new Error(read.fault);
        return { ...orderOf(read.cells), line };
      }),
    ),
  );
  return { ...segment, rows, sha256: createHash('sha256').update(segment.bytes).digest('hex') };
};

/** Of whole days that have passed, in the data directory of an installation that does not run. */
export const makeLog = async (
  data: string,
  { events, buckets, today }: { events: number; buckets: number; today: string },
  say: (text: string) => void,
): Promise<{ rows: number }> => {
  const temporary = join(data, 'tmp');
  await makeDirectory(temporary);
  const s3 = new EmbeddedS3(join(data, 'buckets'), temporary, ['state', 'views']);
  await s3.open();
  const [state, views] = ['state', 'views'].map(name => new Objects(s3 as never, name, systemBackoff)) as [
    Objects,
    Objects,
  ];
  const bucket = bucketOf(scope, buckets);
  const own = new FiledRows([scope]);
  const others = new FiledRows(Array.from({ length: otherScopes }, (_, n) => `other-${n + 1}`));
  const runs = Math.ceil(events / ownRows / days);
  const shared = made(others, 0, otherRows, n => Date.parse(`${today}T00:00:00Z`) - dayMs + n);
  let rows = 0;
  const found: DayFacts[] = [];
  for (let day = 0; day < days; day++) {
    const date = addDays(`${today}T00:00:00.000000000Z`, day - days).slice(0, 10);
    const startMs = Date.parse(`${date}T00:00:00Z`);
    const stepMs = (dayMs - 60_000) / (runs * ownRows);
    const segments: SegmentFacts[] = [];
    for (let run = 0; run < runs; run++) {
      say(`segments of ${date}: ${run} of ${runs}`);
      const at = (n: number): number => Math.floor(startMs + (run * ownRows + n) * stepMs);
      const [first, last] = [instantOfMilliseconds(at(0)), instantOfMilliseconds(at(ownRows - 1))];
      const mine = made(own, (day * runs + run) * ownRows, ownRows, at);
      for (const [n, segment] of [mine, shared].entries()) {
        const key = segmentKey({ lane: 'ontime', bucket, date, n: 2 * run + n, sha256: segment.sha256 });
        await views.create(key, segment.bytes);
        let etag = '';
        for await (const object of views.list(key)) etag = object.etag;
        const groups =
          segment === mine
            ? segment.groups
            : segment.groups.map(group => ({
                ...group,
                ...{ first_occurred_at: first, last_occurred_at: last },
                ...{ least_occurred_at: first, greatest_occurred_at: last },
              }));
        rows += segment.rows;
        segments.push({
          ...{ key, bytes: segment.bytes.length, etag, sha256: segment.sha256, rows: segment.rows, groups },
          text_bytes: groups.reduce((sum, { text_bytes }) => sum + text_bytes, 0),
          first_filed_at: first,
          last_filed_at: instantOfMilliseconds(at(ownRows - 1) + 501),
        });
      }
    }
    const sum = (of: (segment: SegmentFacts) => number): number =>
      segments.reduce((total, segment) => total + of(segment), 0);
    found.push({
      date,
      lanes: {
        ontime: {
          ...{ objects: segments.length, keys_sha256: '0'.repeat(64), rows_sum: '0'.repeat(64), segments },
          ...{ rows: sum(segment => segment.rows), text_bytes: sum(segment => segment.text_bytes) },
        },
      },
    });
  }
  const compactions = new Compactions(state);
  for (const month of new Set(found.map(({ date }) => monthOf(date)))) {
    const record = {
      format: 1,
      bucket,
      month,
      days: found.filter(({ date }) => monthOf(date) === month),
    } as const;
    await compactions.putMonth(record, await compactions.month(bucket, month));
  }
  const compacted_to = found.at(-1)!.date;
  await compactions.put(
    { format: 1, bucket, compacted_to, closed_to: compacted_to },
    await compactions.get(bucket),
  );
  return { rows };
};
