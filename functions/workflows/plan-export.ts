/** Plans what an export reads: its buckets, its slices, and their statements. */
import type { Ledger } from '#aws/ledger.ts';
import { allBuckets, bucketOf } from '#domain/archive/bucket.ts';
import { firstDayRead, floorsOf } from '#domain/export/floors.ts';
import type { ExportJob } from '#domain/export/job.ts';
import { type Estimate, estimate, firstDaysOf, planSlices } from '#domain/export/slices.ts';
import { exportStatement, type Selection, type Statement } from '#domain/export/statement.ts';
import { dateOf, type Instant } from '#domain/time.ts';

type PlanningWorld = { buckets: number; ledger: Ledger; maxSliceBytes: number };

export const bucketsOf = (
  { buckets }: Pick<PlanningWorld, 'buckets'>,
  { request }: Pick<ExportJob, 'request'>,
): number[] => (request.scope_id === undefined ? allBuckets(buckets) : [bucketOf(request.scope_id, buckets)]);

type Plan = { statements: Statement[]; lookBackTo: Instant | undefined; estimate: Estimate };

/** `completeTo` is the upper bound of `filed_at`. */
export const planExport = async (
  world: PlanningWorld,
  job: Pick<ExportJob, 'request' | 'run'>,
  completeTo: Instant,
): Promise<Plan> => {
  const { request, run } = job;
  const buckets = bucketsOf(world, job);
  const scope = request.scope_id === undefined ? undefined : { id: request.scope_id, bucket: buckets[0]! };
  const filedFrom = run?.filed_from ?? undefined;
  const lookBackTo =
    run && filedFrom !== undefined
      ? await world.ledger.leastLate(scope!.id, scope!.bucket, filedFrom, completeTo)
      : undefined;
  const floors = filedFrom === undefined ? undefined : floorsOf(filedFrom, lookBackTo);
  const window = { from: request.from, to: request.to };
  const sizes = await world.ledger.sizes(buckets, firstDayRead(request, floors), dateOf(completeTo));
  // All that was filed before complete_to is in the ledger by now, so no day before these holds any of it.
  const firstDays = firstDaysOf(sizes, dateOf(completeTo));
  const selection: Selection = { scope, completeTo, floors, filter: request.filter, firstDays };
  const slices = planSlices(sizes, window, world.maxSliceBytes);
  return {
    statements: slices.map(slice => exportStatement(selection, slice)),
    lookBackTo,
    estimate: estimate(sizes, selection, slices),
  };
};
