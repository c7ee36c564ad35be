/** What an export will read: its buckets, its slices, and the statements of them. */
import type { Ledger } from '#aws/ledger.ts';
import { allBuckets, bucketOf } from '#domain/archive/bucket.ts';
import { earliestFiling, lateBefore } from '#domain/archive/lane.ts';
import type { ExportJob, ExportRequest } from '#domain/export/job.ts';
import { type Estimate, estimate, planSlices } from '#domain/export/slices.ts';
import { exportStatement, type Floors, type Selection, type Statement } from '#domain/export/statement.ts';
import { dateOf, type Instant } from '#domain/time.ts';

type PlanningWorld = { buckets: number; ledger: Ledger; maxSliceBytes: number };

export const bucketsOf = (
  { buckets }: Pick<PlanningWorld, 'buckets'>,
  { request }: Pick<ExportJob, 'request'>,
): number[] => (request.scope_id === undefined ? allBuckets(buckets) : [bucketOf(request.scope_id, buckets)]);

type Plan = { statements: Statement[]; lookBackTo: Instant | undefined; estimate: Estimate };

/** `completeTo` bounds what was filed. */
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
  const selection: Selection = { scope, completeTo, floors, filter: request.filter };
  const window = { from: request.from, to: request.to };
  const sizes = await world.ledger.sizes(buckets, firstDay(request, floors), dateOf(completeTo));
  const slices = planSlices(sizes, window, world.maxSliceBytes);
  return {
    statements: slices.map(slice => exportStatement(selection, slice)),
    lookBackTo,
    estimate: estimate(sizes, selection, slices),
  };
};

/**
 * So that a run sees the copies of its events that were filed before it: a row of lane ontime was filed within a day of
 * its time, and so was every earlier copy; of a late row, copies may have been filed ever since it occurred.
 */
const floorsOf = (filedFrom: Instant, lookBackTo: Instant | undefined): Floors => {
  const ontime = earliestFiling(lateBefore(filedFrom));
  if (lookBackTo === undefined) return { ontime, late: undefined, isLateRead: false };
  const late = earliestFiling(lookBackTo);
  return { ontime: late < ontime ? late : ontime, late, isLateRead: true };
};

const firstDay = ({ from }: ExportRequest, floors: Floors | undefined): string | undefined => {
  const first = floors?.ontime ?? (from && earliestFiling(from));
  return first && dateOf(first);
};
