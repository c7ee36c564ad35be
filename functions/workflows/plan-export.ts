/**
 * Plans what an export reads: its buckets, its slices, and their statements. Days that are compacted are read from
 * segments, if these are proven, and planned by what is known of them; the ledger is listed for later days alone.
 */
import { fewAtOnce, foldsAtOnce } from '#aws/few-at-once.ts';
import type { Ledger } from '#aws/ledger.ts';
import { type SegmentDay, type SegmentFault, type Segments, segmentsSha256 } from '#aws/segments.ts';
import { allBuckets, bucketName, bucketOf } from '#domain/archive/bucket.ts';
import { firstDate } from '#domain/archive/layout.ts';
import type { CompactedTo } from '#domain/compact/facts.ts';
import { floorsOf } from '#domain/export/floors.ts';
import type { ExportJob } from '#domain/export/job.ts';
import { alignBounds, type BucketDays, knownOf } from '#domain/export/known.ts';
import { type Days, daysRead, type KnownBuckets, type Selection } from '#domain/export/reads.ts';
import { type Estimate, estimate, planSlices, weightsOf } from '#domain/export/slices.ts';
import { exportStatement, type Statement } from '#domain/export/statement.ts';
import { dateOf, dayAfter, dayBefore, type Instant } from '#domain/time.ts';
import type { Log } from '#functions/runtime/log.ts';
import type { Metrics } from '#functions/runtime/metrics.ts';

export type PlanningWorld = {
  buckets: number;
  ledger: Ledger;
  segments: Segments;
  maxSliceBytes: number;
  log: Log;
  metrics: Metrics;
};

type Job = Pick<ExportJob, 'request' | 'run'>;

export const bucketsOf = (
  { buckets }: Pick<PlanningWorld, 'buckets'>,
  { request }: Pick<ExportJob, 'request'>,
): number[] => (request.scope_id === undefined ? allBuckets(buckets) : [bucketOf(request.scope_id, buckets)]);

export type Frozen = {
  /** The upper bound of `filed_at`. */
  completeTo: Instant;
  /** Of an earlier attempt; `to` undefined: the run has no late rows. */
  lookBack?: { to: Instant | undefined };
  /** From this day on the ledger is read, since an attempt that read segments failed. */
  distrustFrom?: string | undefined;
};

export type Plan = {
  statements: Statement[];
  lookBackTo: Instant | undefined;
  estimate: Estimate;
  /** By the name of a bucket. */
  compactedTo: Record<string, string>;
  segmentsSha256: string | undefined;
};

export const planExport = async (world: PlanningWorld, job: Job, frozen: Frozen): Promise<Plan> => {
  const lookBackTo = frozen.lookBack ? frozen.lookBack.to : await lookBack(world, job, frozen);
  const selection = selectionOf(world, job, { completeTo: frozen.completeTo, lookBackTo });
  const window = { from: job.request.from, to: job.request.to };
  const ranges = daysRead(selection, window);
  const buckets = bucketsOf(world, job);
  const proven = await fewAtOnce(buckets, bucket => prove(world, bucket, ranges, frozen), foldsAtOnce);
  const bounds = alignBounds(proven.map(({ compactedTo }) => compactedTo));
  const read = buckets.map((bucket, n) => ({
    bucket,
    compactedTo: bounds[n],
    days: proven[n]!.days.filter(({ date }) => date <= (bounds[n] ?? '')),
  }));
  const known: KnownBuckets[] = [];
  for (const compactedTo of new Set(bounds)) {
    const some = read.filter(one => one.compactedTo === compactedTo);
    known.push(await knownBuckets(world, selection, { some, areAll: some.length === world.buckets, ranges }));
  }
  const planned = { ...selection, known };
  const slices = planSlices(weightsOf(known), window, world.maxSliceBytes);
  const withSegments = read.filter(({ days }) => days.length > 0);
  return {
    statements: slices.map(slice => exportStatement(planned, slice)),
    lookBackTo,
    estimate: estimate(planned, slices),
    compactedTo: Object.fromEntries(
      withSegments.map(({ bucket, compactedTo }) => [bucketName(bucket), compactedTo!]),
    ),
    segmentsSha256: segmentsSha256(withSegments.flatMap(({ days }) => days)),
  };
};

const selectionOf = (
  world: Pick<PlanningWorld, 'buckets'>,
  job: Job,
  { completeTo, lookBackTo }: { completeTo: Instant; lookBackTo: Instant | undefined },
): Selection => {
  const { request, run } = job;
  const filedFrom = run?.filed_from ?? undefined;
  return {
    scope:
      request.scope_id === undefined
        ? undefined
        : { id: request.scope_id, bucket: bucketsOf(world, job)[0]! },
    completeTo,
    floors: filedFrom === undefined ? undefined : floorsOf(filedFrom, lookBackTo),
    filter: request.filter,
  };
};

/** The least `occurred_at` of the late rows of a schedule's run. */
const lookBack = async (
  world: PlanningWorld,
  { request, run }: Job,
  frozen: Frozen,
): Promise<Instant | undefined> => {
  const filedFrom = run?.filed_from ?? undefined;
  if (!run || filedFrom === undefined) return undefined;
  const scope = { id: request.scope_id!, bucket: bucketOf(request.scope_id!, world.buckets) };
  const filed = { from: filedFrom, to: frozen.completeTo };
  const range: Days = { lane: 'late', first: dateOf(filedFrom), last: dateOf(frozen.completeTo) };
  const { compactedTo, days } = await prove(world, scope.bucket, [range], frozen);
  const known = await world.segments.leastLate(scope.id, days, filed);
  if ('damaged' in known) {
    report(world, [{ bucket: scope.bucket, date: known.damaged, reason: known.reason }]);
    return world.ledger.leastLate(scope, filed);
  }
  const later = await world.ledger.leastLate(scope, filed, compactedTo && dayAfter(compactedTo));
  return known.least === undefined || (later !== undefined && later < known.least) ? later : known.least;
};

type Proven = { compactedTo: CompactedTo; days: SegmentDay[] };

const prove = async (
  world: PlanningWorld,
  bucket: number,
  ranges: readonly Days[],
  { distrustFrom }: Frozen,
): Promise<Proven> => {
  const atMost = distrustFrom === undefined ? undefined : dayBefore(distrustFrom);
  const proven = await world.segments.prove(bucket, ranges, atMost);
  report(world, proven.faults);
  return proven;
};

/** A fault of segments makes an export slower and not wrong; somebody has to know of it. */
const report = (
  { log, metrics }: Pick<PlanningWorld, 'log' | 'metrics'>,
  faults: readonly SegmentFault[],
): void => {
  for (const fault of faults)
    log('error', 'Segments cannot be used, and the ledger is read in their place', fault);
  if (faults.length > 0) metrics({ SegmentFaults: faults.length });
};

type Some = {
  some: readonly (Proven & { bucket: number })[];
  areAll: boolean;
  ranges: readonly Days[];
};

const knownBuckets = async (
  world: PlanningWorld,
  { scope }: Selection,
  { some, areAll, ranges }: Some,
): Promise<KnownBuckets> => {
  const { compactedTo } = some[0]!;
  const buckets = some.map(({ bucket }) => bucket);
  const afterSegments = compactedTo === undefined ? firstDate : dayAfter(compactedTo);
  const later = ranges
    .map(({ lane, first = firstDate, last }) => ({
      lane,
      first: first > afterSegments ? first : afterSegments,
      last,
    }))
    .filter(({ first, last }) => first <= last);
  const ledger = await world.ledger.sizes(buckets, later);
  const segments: BucketDays = some.flatMap(({ days }) => days);
  return knownOf({ buckets, areAll, ledger, segments, scopeId: scope?.id });
};

/**
 * Whether the segments that an attempt read are still those that it was planned with. Asked once its queries have
 * ended: what they read is then what was proven.
 */
export const areSegmentsUnchanged = async (world: PlanningWorld, job: ExportJob): Promise<boolean> => {
  if (job.segmentsSha256 === undefined) return true;
  const ranges = daysRead(
    selectionOf(world, job, { completeTo: job.completeTo!, lookBackTo: job.lookBackTo }),
    {
      from: job.request.from,
      to: job.request.to,
    },
  );
  const read = bucketsOf(world, job).filter(bucket => job.compactedTo[bucketName(bucket)] !== undefined);
  const proven = await fewAtOnce(
    read,
    async bucket => {
      const { compactedTo, days, faults } = await world.segments.prove(
        bucket,
        ranges,
        job.compactedTo[bucketName(bucket)],
      );
      report(world, faults);
      return { days, isWhole: compactedTo === job.compactedTo[bucketName(bucket)] };
    },
    foldsAtOnce,
  );
  const days = proven.flatMap(one => one.days);
  return proven.every(({ isWhole }) => isWhole) && segmentsSha256(days) === job.segmentsSha256;
};
