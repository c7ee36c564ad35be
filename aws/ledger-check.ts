/**
 * Reads a whole ledger and checks every object against its key, the keys against the watermarks of their
 * shards, and the rows of each bucket against the number that was counted as filed. It writes nothing, and
 * may run while the ledger is written to.
 */

import { readInstallation } from '#aws/state/installation.ts';
import { UnreadableRecord } from '#aws/state/record.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { bucketName } from '#domain/archive/bucket.ts';
import { readFiledObject } from '#domain/archive/filed-object.ts';
import {
  eventsPrefix,
  type ParsedObjectKey,
  parseObjectKey,
  streamDigits,
  watermarkOfKey,
  watermarkPrefix,
} from '#domain/archive/layout.ts';
import { addFinding, type LedgerReport } from '#domain/archive/ledger-report.ts';
import { distinctRows, overlapping, type ShardObject } from '#domain/archive/overlapping.ts';
import { countedOf, noWatermark, type Watermark } from '#domain/archive/watermark.ts';
import { fewAtOnce } from './few-at-once.ts';
import type { Objects } from './objects.ts';

type Places = { ledger: Pick<Objects, 'get' | 'list'>; state: Objects };

/** An object of the ledger, with its parsed key. */
type Listed = { key: string; name: ParsedObjectKey };

/** What was found of a shard, and its watermark. */
type Shard = {
  name: string;
  /** Read before the ledger is listed; undefined if absent or unreadable. */
  watermark: Watermark | undefined;
  isUnreadable: boolean;
  /** Rows per bucket name, of the records that the watermark covers. */
  found: Map<string, number>;
  objects: number;
  /** The objects beyond the watermark. */
  beyond: Listed[];
};

/** The watermarks by `shardOf`; one that cannot be read is reported as a finding. */
const readWatermarks = async (
  state: Objects,
  report: LedgerReport | undefined,
): Promise<Map<string, Shard>> => {
  const shards = new Map<string, Shard>();
  const watermarks = new Watermarks(state);
  for await (const { key } of state.list(watermarkPrefix)) {
    const whose = watermarkOfKey(key);
    if (!whose) continue;
    const shard: Shard = {
      name: `${whose.stream}/${whose.shard}`,
      watermark: undefined,
      isUnreadable: false,
      found: new Map(),
      objects: 0,
      beyond: [],
    };
    shards.set(shardOf(streamDigits(whose.stream), whose.shard), shard);
    try {
      shard.watermark = (await watermarks.get(whose.stream, whose.shard)).watermark;
    } catch (error) {
      if (!(error instanceof UnreadableRecord)) throw error;
      shard.isUnreadable = true;
      if (report) addFinding(report.findings, 'unreadable_record', { place: key, detail: error.message });
    }
  }
  return shards;
};

const shardOf = (digits: string, shard: string): string => `${digits} ${shard}`;

export const checkLedger = async (
  { ledger, state }: Places,
  onObjects: (count: number) => void,
): Promise<LedgerReport> => {
  const { buckets } = await readInstallation(state);
  const report: LedgerReport = {
    buckets,
    objects: 0,
    bytes: 0,
    rows: 0,
    last_filed_at: null,
    findings: {},
    notes: {},
  };
  // Read before the objects are listed: every row that these watermarks count was written before them, so it
  // is in the list.
  const shards = await readWatermarks(state, report);
  for await (const objects of partitions(ledger, report)) {
    for (const object of objects) place(shards, object);
    await checkPartition(ledger, shards, objects, report);
    onObjects(report.objects);
  }
  judgeCounts(shards, report);
  // Read after the objects were listed: objects beyond these watermarks were not written by a batch that has
  // ended since.
  judgeReach(shards, await readWatermarks(state, undefined), report);
  return report;
};

/** Yields the objects of each lane, bucket and day in turn. */
async function* partitions(ledger: Places['ledger'], report: LedgerReport): AsyncGenerator<Listed[]> {
  let folder = '';
  let objects: Listed[] = [];
  for await (const { key, bytes } of ledger.list(eventsPrefix)) {
    const name = parseObjectKey(key);
    report.objects += 1;
    report.bytes += bytes;
    if (!name || name.bucket >= report.buckets) {
      addFinding(report.findings, 'foreign_object', { place: key, detail: 'its name is not one of ours' });
      continue;
    }
    const its = key.slice(0, key.lastIndexOf('/'));
    if (its !== folder && objects.length > 0) {
      yield objects;
      objects = [];
    }
    folder = its;
    objects.push({ key, name });
  }
  if (objects.length > 0) yield objects;
}

/**
 * The shard that filed an object. Names of earlier releases do not name the stream; then the shard that got
 * furthest is taken.
 */
const shardFor = (shards: ReadonlyMap<string, Shard>, { streamDigits: digits, shard }: ParsedObjectKey) => {
  if (digits !== undefined) return shards.get(shardOf(digits, shard));
  let furthest: Shard | undefined;
  for (const [id, candidate] of shards)
    if (id.endsWith(` ${shard}`) && (!furthest || sequenceOf(candidate) > sequenceOf(furthest)))
      furthest = candidate;
  return furthest;
};

const sequenceOf = ({ watermark }: Pick<Shard, 'watermark'>): bigint => BigInt(watermark?.sequence ?? 0);

const place = (shards: Map<string, Shard>, object: Listed): void => {
  const { name } = object;
  let shard = shardFor(shards, name);
  if (!shard) {
    shard = {
      name: name.shard,
      watermark: undefined,
      isUnreadable: false,
      found: new Map(),
      objects: 0,
      beyond: [],
    };
    shards.set(shardOf(name.streamDigits ?? '', name.shard), shard);
  }
  shard.objects += 1;
  if (shard.watermark && BigInt(name.lastSequence) > sequenceOf(shard)) shard.beyond.push(object);
};

/**
 * Reads the objects of a partition. Overlapping objects of a shard contain some rows twice; these count once.
 */
const checkPartition = async (
  ledger: Places['ledger'],
  shards: ReadonlyMap<string, Shard>,
  objects: readonly Listed[],
  report: LedgerReport,
): Promise<void> => {
  await fewAtOnce(overlapping(objects), async group => {
    const read: ShardObject[] = [];
    for (const { key, name } of group) {
      const shard = shardFor(shards, name)!;
      const stored = await ledger.get(key);
      const { faults, members, lines, lastFiledAt } = stored
        ? readFiledObject(stored.bytes, name, report.buckets)
        : readFiledObject(Buffer.alloc(0), name, report.buckets);
      for (const { kind, detail } of faults) addFinding(report.findings, kind, { place: key, detail });
      if (members > 1 && name.streamDigits === undefined)
        addFinding(report.notes, 'old_members', { place: key, detail: `${members} members` });
      if (lastFiledAt !== undefined && (report.last_filed_at ?? '') < lastFiledAt)
        report.last_filed_at = lastFiledAt;
      const isFinished = !shard.watermark || BigInt(name.lastSequence) <= sequenceOf(shard);
      const counted = shard.watermark && countedOf(shard.watermark);
      const isCounted =
        isFinished &&
        name.streamDigits !== undefined &&
        counted !== undefined &&
        BigInt(name.firstSequence) > BigInt(counted.after);
      read.push({ lines, isFinished, isCounted });
    }
    report.rows += distinctRows(read.filter(({ isFinished }) => isFinished));
    const [first] = group;
    const { found } = shardFor(shards, first!.name)!;
    const bucket = bucketName(first!.name.bucket);
    found.set(bucket, (found.get(bucket) ?? 0) + distinctRows(read.filter(({ isCounted }) => isCounted)));
  });
};

const rowsOf = (count: number): string => `${count.toLocaleString('en-US')} ${count === 1 ? 'row' : 'rows'}`;

/** Compares the rows of each bucket with the number that the watermarks say was filed. */
const judgeCounts = (shards: ReadonlyMap<string, Shard>, report: LedgerReport): void => {
  const missing = new Map<string, number>();
  const uncounted = new Map<string, number>();
  for (const { name, watermark, found } of shards.values()) {
    if (!watermark) continue;
    const counted = countedOf(watermark);
    if (!counted) {
      if (watermark.sequence !== noWatermark.sequence)
        addFinding(report.notes, 'not_counted', {
          place: name,
          detail: 'its watermark was written by 0.1.0',
        });
      continue;
    }
    for (const bucket of new Set([...Object.keys(counted.rows), ...found.keys()])) {
      const lacking = (counted.rows[bucket] ?? 0) - (found.get(bucket) ?? 0);
      const to = lacking > 0 ? missing : uncounted;
      if (lacking !== 0) to.set(bucket, (to.get(bucket) ?? 0) + Math.abs(lacking));
    }
  }
  const inOrder = (buckets: Map<string, number>) => [...buckets].sort(([a], [b]) => Number(a) - Number(b));
  for (const [bucket, rows] of inOrder(missing))
    addFinding(report.findings, 'missing_rows', {
      place: `bucket ${bucket}`,
      detail: `lacks ${rowsOf(rows)} that were filed`,
      bucket: Number(bucket),
      rows,
    });
  for (const [bucket, rows] of inOrder(uncounted))
    addFinding(report.findings, 'uncounted_rows', {
      place: `bucket ${bucket}`,
      detail: `holds ${rowsOf(rows)} that nobody counted`,
      bucket: Number(bucket),
      rows,
    });
};

/**
 * Judges the objects beyond the watermarks. A batch that has not ended leaves objects that all begin with the
 * same record: the first that was not filed. Objects that begin with other records were written when the
 * watermark was further on.
 */
const judgeReach = (
  shards: ReadonlyMap<string, Shard>,
  now: ReadonlyMap<string, Shard>,
  report: LedgerReport,
): void => {
  for (const [id, { name, watermark, isUnreadable, objects, beyond }] of shards) {
    if (!watermark) {
      if (objects > 0 && !isUnreadable)
        addFinding(report.findings, 'no_watermark', { place: name, detail: `${objects} objects` });
      continue;
    }
    const sequence = sequenceOf(now.get(id) ?? { watermark });
    const left = beyond.filter(object => BigInt(object.name.lastSequence) > sequence);
    const firsts = new Set(
      left
        .filter(object => BigInt(object.name.firstSequence) > sequence)
        .map(object => object.name.firstSequence),
    );
    if (firsts.size > 1)
      addFinding(report.findings, 'watermark_behind', {
        place: name,
        detail: `it stands at ${sequence}, and ${left.length} objects were filed beyond`,
      });
    else
      for (const { key } of left)
        addFinding(report.notes, 'unfinished_batch', {
          place: key,
          detail: `the watermark is at ${sequence}`,
        });
  }
};
