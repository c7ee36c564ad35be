/** A ledger, state and views in memory for tests of compaction, with objects as archive writes them. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Compactions } from '#aws/state/compactions.ts';
import { Leases } from '#aws/state/leases.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { bucketName } from '#domain/archive/bucket.ts';
import type { Lane } from '#domain/archive/lane.ts';
import { objectKey, parseObjectKey, watermarkKey } from '#domain/archive/layout.ts';
import { encodeFiledLine } from '#domain/compact/filed-line.ts';
import { parseSegmentKey } from '#domain/compact/layout.ts';
import { readGroups, rowsOfGroupCells, sourceOf } from '#domain/compact/segment-file.ts';
import { SegmentMaker } from '#domain/compact/segment-maker.ts';
import type { Instant } from '#domain/time.ts';
import { compactBuckets } from '#functions/workflows/compact-buckets.ts';
import { type CompactWorld, inThisThread } from '#functions/workflows/compact-world.ts';
import { filed, rowText } from './builders.ts';
import { readOneMember } from './gzip-member.ts';
import { memoryBucket, type OnRequest, type StoredBytes } from './memory-bucket.ts';

export const stream = 'annals@2026-01-01T00:00:00.000000000Z';
export const shard = 'shardId-000000000000';

export type TestRow = { id: number; scope: string; occurredAt: Instant; filedAt: Instant };

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
/** The line of a row as the ledger has it, with its newline. */
export const lineOf = ({ id, scope, occurredAt, filedAt }: TestRow): Buffer =>
  filed(rowText(uuid(id), occurredAt, { scope: { id: scope, type: 't' } }), filedAt);

/** An object of these rows; `sequence` tells it from others of the same text. */
export const ledgerObject = (
  lane: Lane,
  rows: readonly TestRow[],
  sequence: number,
  bucket = 0,
): { key: string; bytes: Buffer } => {
  const text = Buffer.concat(rows.map(lineOf));
  const key = objectKey({
    lane,
    bucket,
    firstFiledAt: rows[0]!.filedAt,
    stream,
    shard,
    firstSequence: String(sequence),
    lastSequence: String(sequence + rows.length),
    textSha256: createHash('sha256').update(text).digest('hex'),
  });
  return { key, bytes: gzipSync(text) };
};

export type Places = Record<'ledger' | 'state' | 'views', Map<string, StoredBytes>>;
export const noPlaces = (): Places => ({ ledger: new Map(), state: new Map(), views: new Map() });

export type WorldOptions = { places?: Places; onRequest?: OnRequest } & Partial<CompactWorld>;

/** A process that compacts; several may share their places. There is one bucket. */
export const compactWorld = ({ places = noPlaces(), onRequest, ...change }: WorldOptions = {}) => {
  const open = (name: keyof Places) => memoryBucket(name, places[name], onRequest).objects;
  const state = open('state');
  const clock = { nowMs: Date.parse('2026-11-25T12:00:00Z') };
  const logged: { level: string; message: string; facts: Record<string, unknown> }[] = [];
  const counted: Record<string, number> = {};
  const world: CompactWorld = {
    ledger: open('ledger'),
    views: open('views'),
    compactions: new Compactions(state),
    watermarks: new Watermarks(state),
    leases: new Leases(state, () => clock.nowMs),
    isFrozen: async () => false,
    maker: inThisThread(new SegmentMaker(1, 3)),
    buckets: 1,
    limits: { rows: 5, textBytes: 1e9 },
    // The tests of closed days count what is written.
    leastRecentObjects: Number.POSITIVE_INFINITY,
    leaseMs: 60_000,
    nowMs: () => clock.nowMs,
    log: (level, message, facts = {}) => void logged.push({ level, message, facts }),
    metrics: values => {
      for (const [name, value] of Object.entries(values)) counted[name] = (counted[name] ?? 0) + value;
    },
    ...change,
  };
  return {
    places,
    world,
    clock,
    logged,
    counted,
    run: (hasTime = () => true) => compactBuckets(world, hasTime),
    put: ({ key, bytes }: { key: string; bytes: Buffer }) =>
      void places.ledger.set(key, { bytes, etag: `"${key}"` }),
    /** Files the bucket up to an instant. */
    file: (to: Instant): void => {
      const record = { sequence: '1', filed: { [bucketName(0)]: to } };
      places.state.set(watermarkKey(stream, shard), {
        bytes: Buffer.from(JSON.stringify(record)),
        etag: `"${to}"`,
      });
    },
    /** Runs until the days before the watermark are closed and compacted. */
    async settle(): Promise<void> {
      await this.run();
      clock.nowMs += 10 * 60_000;
      await this.run();
    },
    compaction: () => new Compactions(memoryBucket('state', places.state).objects).get(0),
    months: (...months: string[]) =>
      new Compactions(memoryBucket('state', places.state).objects).days(0, months),
  };
};

/** The distinct lines of each lane and day of the ledger, in their order. */
export const linesOfLedger = (places: Places): Record<string, string[]> => {
  const days: Record<string, Set<string>> = {};
  for (const [key, { bytes }] of places.ledger) {
    const { lane, firstFiledAt } = parseObjectKey(key)!;
    const day = `${lane} ${firstFiledAt.slice(0, 10)}`;
    days[day] ??= new Set();
    for (const line of readOneMember(bytes).toString().trimEnd().split('\n')) days[day].add(line);
  }
  return sorted(days);
};

/** The lines of each lane and day of the segments. */
export const linesOfSegments = async (places: Places): Promise<Record<string, string[]>> => {
  const days: Record<string, string[]> = {};
  for (const [key, { bytes }] of places.views) {
    const { lane, date } = parseSegmentKey(key)!;
    const day = `${lane} ${date}`;
    days[day] ??= [];
    for await (const group of readGroups(sourceOf(bytes)))
      for (const cells of rowsOfGroupCells(group)) days[day].push(encodeFiledLine(cells));
  }
  return sorted(days);
};

const sorted = (days: Record<string, Iterable<string>>): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(days)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([day, lines]) => [day, [...lines].sort()]),
  );
