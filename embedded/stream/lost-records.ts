/**
 * At the start, compares what the stream holds with what has been filed of it and with what it has
 * acknowledged, each in files of its own. New sequence numbers are above all of them; otherwise new records
 * would be skipped as already filed. Records that were acknowledged, are not filed and are missing from the
 * segments become a gap, as do those that the event source gives up on.
 */
import type { Objects } from '#aws/objects.ts';
import type { Watermarks } from '#aws/state/watermarks.ts';
import { allBuckets, explicitHashKey } from '#domain/archive/bucket.ts';
import type { Watermark } from '#domain/archive/watermark.ts';
import { putLostGap } from '#embedded/lost-gap.ts';
import type { Log } from '#functions/runtime/log.ts';
import { Acknowledged, type AcknowledgedSegment, acknowledgedStreams } from './acknowledged.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { EmbeddedKinesis } from './kinesis.ts';

export type StartingWorld = {
  kinesis: EmbeddedKinesis;
  checkpoints: Checkpoints;
  watermarks: Watermarks;
  aside: Pick<Objects, 'create'>;
  buckets: number;
  /** Streams that fed the installation before it moved here: all of them is filed, and nothing of them is here. */
  endedElsewhere: ReadonlySet<string>;
  nowMs(): number;
  log: Log;
};

/**
 * What is known of a shard: how far it was handled, how far its segments reach, how far they were
 * acknowledged.
 */
type ShardFacts = {
  stream: string;
  shard: string;
  buckets: readonly number[];
  handled: bigint;
  reach: ReadonlyMap<bigint, bigint>;
  acknowledged: readonly AcknowledgedSegment[];
};

/** Missing records after `after`; `upTo` is undefined if their number is unknown. */
type Lost = { after: bigint; upTo: bigint | undefined };

export const reportLostRecords = async (world: StartingWorld): Promise<void> => {
  const { kinesis, log } = world;
  const filed = await world.watermarks.shards();
  const shards = [...(await shardsOfStream(world, filed)), ...(await shardsOfEarlierStreams(world, filed))];
  const arrivalMs = Math.max(world.nowMs(), ...filed.map(({ watermark }) => lastFiledMs(watermark) + 1));
  for (const { stream, handled, reach, acknowledged } of shards) {
    for (const { last, path } of acknowledged)
      if (last === undefined && reach.size > 0)
        log('warn', 'What a segment has acknowledged cannot be read', { path });
    if (stream === kinesis.id)
      kinesis.goOnAbove(greatest([handled, ...acknowledged.map(({ last }) => last ?? 0n)]), 0);
  }
  for (const shard of shards) {
    const lost = lostOf(shard);
    for (const part of lost) await report(world, shard, part, arrivalMs);
    await passOver(world, shard, lost);
  }
  for (const { id } of kinesis.shards) {
    const checkpoint = await world.checkpoints.read(id);
    kinesis.goOnAbove(checkpoint?.sequence ?? 0n, 0);
  }
  kinesis.goOnAbove(0n, arrivalMs);
};

type Filed = Awaited<ReturnType<Watermarks['shards']>>;

const shardsOfStream = (
  { kinesis, checkpoints, buckets }: StartingWorld,
  filed: Filed,
): Promise<ShardFacts[]> =>
  Promise.all(
    kinesis.shards.map(async ({ id, start, end }) => {
      const checkpoint = await checkpoints.read(id);
      // A checkpoint that names no stream was written by an earlier version, and proves nothing.
      const passed = checkpoint?.stream === kinesis.id ? checkpoint.sequence : 0n;
      const handled = greatest([passed, filedOf(filed, kinesis.id, id)]);
      return {
        stream: kinesis.id,
        shard: id,
        buckets: allBuckets(buckets).filter(bucket => {
          const hash = BigInt(explicitHashKey(bucket, buckets));
          return start <= hash && hash <= end;
        }),
        handled,
        reach: await kinesis.reach(id, handled),
        acknowledged: await kinesis.acknowledged(id),
      };
    }),
  );

/** Streams of which watermarks or notes are left, but no records. */
const shardsOfEarlierStreams = async (
  { kinesis, checkpoints, buckets, endedElsewhere }: StartingWorld,
  filed: Filed,
): Promise<ShardFacts[]> => {
  const named = new Map(filed.map(({ stream, shard }) => [`${stream} ${shard}`, { stream, shard }]));
  for (const { stream, shards } of await acknowledgedStreams(kinesis.acknowledgedDirectory))
    for (const shard of shards) named.set(`${stream} ${shard}`, { stream, shard });
  const earlier = [...named.values()].filter(
    ({ stream }) => stream !== kinesis.id && !endedElsewhere.has(stream),
  );
  return Promise.all(
    earlier.map(async ({ stream, shard }) => {
      const checkpoint = await checkpoints.read(shard);
      const handled = greatest([
        checkpoint?.stream === stream ? checkpoint.sequence : 0n,
        filedOf(filed, stream, shard),
      ]);
      return {
        stream,
        shard,
        buckets: allBuckets(buckets),
        handled,
        reach: new Map(),
        acknowledged: await new Acknowledged(kinesis.acknowledgedOf(stream), shard).segments(),
      };
    }),
  );
};

const filedOf = (filed: Filed, stream: string, shard: string): bigint =>
  BigInt(filed.find(one => one.stream === stream && one.shard === shard)?.watermark.sequence ?? 0);

const lastFiledMs = ({ filed }: Watermark): number =>
  Math.max(0, ...Object.values(filed).map(instant => Date.parse(instant)));

const greatest = (numbers: Iterable<bigint>): bigint => {
  let most = 0n;
  for (const number of numbers) if (number > most) most = number;
  return most;
};

const lostOf = ({ handled, reach, acknowledged }: ShardFacts): Lost[] => {
  const lost: Lost[] = [];
  for (const { first, last } of acknowledged) {
    const held = reach.get(first) ?? first - 1n;
    if (last !== undefined && last > handled && held < last)
      lost.push({ after: greatest([handled, held]), upTo: last });
  }
  // The end is missing, and nothing says where it was.
  const isCut = greatest(reach.values()) < handled;
  if (isCut && greatest(acknowledged.map(({ last }) => last ?? 0n)) < handled)
    lost.push({ after: handled, upTo: undefined });
  return lost;
};

/** Once per loss, however often the process starts before it continues. */
const report = async (
  { aside, log }: StartingWorld,
  { stream, shard, buckets }: ShardFacts,
  { after, upTo }: Lost,
  arrivalMs: number,
): Promise<void> => {
  const to = upTo === undefined ? 'and nobody knows up to where' : `up to ${upTo}`;
  const isNew = await putLostGap(aside, {
    name: `${shard}/${stream}/${upTo ?? `after-${after}`}`,
    description: `Records of ${shard} of the stream ${stream} that were acknowledged are gone: after ${after}, ${to}`,
    buckets,
    atMs: arrivalMs,
  });
  if (isNew)
    log('error', 'Records that were acknowledged are gone from the stream; exports report them as a gap', {
      stream,
      shard,
      after: String(after),
      up_to: upTo === undefined ? 'unknown' : String(upTo),
    });
};

/** Nothing of the shard is left to be filed, so waiting for the lost records must end. */
const passOver = async (
  { watermarks }: StartingWorld,
  { stream, shard, handled, reach }: ShardFacts,
  lost: readonly Lost[],
): Promise<void> => {
  const upTo = greatest(lost.map(part => part.upTo ?? 0n));
  if (upTo <= handled || greatest(reach.values()) > handled) return;
  const before = await watermarks.get(stream, shard);
  await watermarks.put(stream, shard, { ...before.watermark, sequence: String(upTo) }, before);
};
