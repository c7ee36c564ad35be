/**
 * A ledger of eleven days, up to tomorrow, in the very form that archive writes: both lanes, many buckets, rows filed
 * before and long after they occurred, and copies of events that were filed on other days. An installation that
 * was started a moment ago has filed everything today.
 */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bucketOf, defaultBuckets } from '#domain/archive/bucket.ts';
import { type Lane, laneOf, lateBefore } from '#domain/archive/lane.ts';
import { objectKey } from '#domain/archive/layout.ts';
import { addDays, dateOf, type Instant, instantOf, nanosecondsOf } from '#domain/time.ts';
import { filed, rowText } from '#test/support/builders.ts';

const days = 10;
const rows = 4000;
const second = 1_000_000_000n;
const hour = 3600n * second;
/** How long after it occurred a row is filed. The last two are late. */
const delays = [second, 5n * hour, -900n * second, 24n * hour - second, 25n * hour, 100n * hour];

/** Those of which the ledger has rows; the others share buckets with them. */
export const dayScopes = ['acme', "o'neil", '🦩', ...Array.from({ length: 60 }, (_, n) => `org-${n}`)];

type Row = { lane: Lane; bucket: number; filedAt: Instant; line: Buffer };

/** Writes the ledger into a folder. `tomorrow` is the last day on which rows were filed, as midnight. */
export const writeDays = async (folder: string, tomorrow: Instant): Promise<void> => {
  const objects = new Map<string, Row[]>();
  for (const row of rowsUntil(tomorrow)) {
    const place = [row.lane, row.bucket, dateOf(row.filedAt)].join(' ');
    objects.set(place, [...(objects.get(place) ?? []), row]);
  }
  for (const inObject of objects.values()) {
    const [first] = inObject as [Row, ...Row[]];
    const text = Buffer.concat(inObject.map(({ line, filedAt }) => filed(line.toString(), filedAt)));
    const key = objectKey({
      lane: first.lane,
      bucket: first.bucket,
      firstFiledAt: first.filedAt,
      stream: 'days',
      shard: 'shardId-000000000000',
      firstSequence: '1',
      lastSequence: String(inObject.length),
      textSha256: createHash('sha256').update(text).digest('hex'),
    });
    await mkdir(dirname(join(folder, key)), { recursive: true });
    await writeFile(join(folder, key), gzipSync(text));
  }
};

const rowsUntil = (tomorrow: Instant): Row[] => {
  const start = nanosecondsOf(addDays(tomorrow, -days));
  const end = nanosecondsOf(addDays(tomorrow, 1));
  const step = (end - start) / BigInt(rows);
  const made = Array.from({ length: rows }, (_, n) => {
    // Every seventh row is a copy of the one before it; every second of these says something else.
    const of = n % 7 === 6 ? n - 1 : n;
    const occurredAt = instantOf(start + BigInt(of) * step);
    const filedNs = nanosecondsOf(occurredAt) + delays[n % delays.length]! + BigInt(n);
    const scope = dayScopes[of % dayScopes.length]!;
    const id = `00000000-0000-4000-8000-${String(of).padStart(12, '0')}`;
    const line = rowText(id, occurredAt, {
      action: `day.${of % 3 === 0 ? 'start' : 'end'}`,
      actor: { id: `u-${of % 5}`, type: 'user' },
      target: { id: `t-${of % 9}`, type: 'thing' },
      scope: { id: scope, type: 'account' },
      success: of % 2 === 0,
      payload: { n: n % 14 === 13 ? n : of },
    });
    const filedAt = instantOf(filedNs);
    const lane = laneOf(occurredAt, lateBefore(filedAt));
    return { lane, bucket: bucketOf(scope, defaultBuckets), filedAt, filedNs, line: Buffer.from(line) };
  });
  return made
    .filter(({ filedNs }) => filedNs >= start && filedNs < end)
    .sort((a, b) => (a.filedNs < b.filedNs ? -1 : 1));
};
