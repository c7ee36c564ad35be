/**
 * Runs every minute. It sends a heartbeat to every bucket, so that a quiet log is known to be complete;
 * writes the metrics of the log's health; and advances redrives, changes of admins, due schedules, active
 * exports and due notices, so that none of them depends on an event that may be lost. A step that fails does
 * not stop the next step, and an export that fails does not stop the other exports.
 */
import { openAdminDirectory } from '#aws/admin-directory.ts';
import { type Lambda, openLambda, openS3 } from '#aws/clients.ts';
import { readEnvironment } from '#aws/environment.ts';
import { openAside } from '#aws/open.ts';
import { Admins } from '#aws/state/admins.ts';
import { isUnreadable } from '#aws/state/record.ts';
import { Schedules } from '#aws/state/schedules.ts';
import { allBuckets } from '#domain/archive/bucket.ts';
import { heartbeat } from '#domain/archive/pack.ts';
import { lambda } from '#functions/runtime/handler.ts';
import { errorFacts } from '#functions/runtime/log.ts';
import { advanceExport } from '#functions/workflows/advance-export.ts';
import { advanceSchedules, type ScheduleWorld } from '#functions/workflows/advance-schedule.ts';
import { advanceAdminChanges } from '#functions/workflows/change-admin.ts';
import { deliverNotices } from '#functions/workflows/deliver-notices.ts';
import { type ExportWorld, openExportWorld } from '#functions/workflows/export-world.ts';
import { type MaintenanceWorld, maintainRefused } from '#functions/workflows/maintain-refused.ts';
import { measureLog } from '#functions/workflows/measure-log.ts';
import { advanceRedrives } from '#functions/workflows/redrive-gap.ts';

/** An entry of the index of active exports is dropped after this time if its job was never stored. */
const orphanAfterMs = 3_600_000;

/** What tick advances besides exports. */
export type TickWorld = ExportWorld & {
  schedules: ScheduleWorld;
  admins: Admins | undefined;
  maintenance?: MaintenanceWorld | undefined;
};

export const tick = (world: TickWorld) => async (): Promise<void> => {
  const failures: Error[] = [];
  const attempt = async (step: () => Promise<readonly Error[]>): Promise<void> => {
    try {
      failures.push(...(await step()));
    } catch (error) {
      failures.push(error as Error);
    }
  };
  await attempt(() => sendHeartbeats(world));
  await attempt(async () => {
    if (world.maintenance) await maintainRefused(world.maintenance);
    return [];
  });
  await attempt(() => measure(world));
  await attempt(() => advanceRedrives(world));
  await attempt(() => forgetEndedGaps(world));
  await attempt(async () => {
    const { admins, selfAudit } = world;
    return admins ? advanceAdminChanges({ admins, selfAudit }) : [];
  });
  await attempt(() => advanceSchedules(world.schedules));
  await attempt(() => advanceActiveExports(world));
  await attempt(async () => (world.delivery ? (await deliverNotices(world.delivery)).failures : []));
  // If any step failed, the invocation fails in the end, so that its alarm is raised.
  if (failures.length > 0)
    throw new AggregateError(
      failures,
      `Tick could not do everything: ${failures.map(({ message }) => message).join('; ')}`,
    );
};

const sendHeartbeats = async (world: ExportWorld): Promise<Error[]> => {
  await world.stream.putAll(allBuckets(world.buckets).map(bucket => ({ bucket, data: heartbeat() })));
  return [];
};

const measure = async (world: ExportWorld): Promise<Error[]> => {
  world.metrics(await measureLog(world));
  return [];
};

/** The records of a gap are kept this long after it has ended, in case somebody still needs them. */
const endedGapsKeptMs = 7 * 24 * 3_600_000;

const forgetEndedGaps = async ({ gaps, nowMs }: ExportWorld): Promise<Error[]> => {
  await gaps.forgetEnded(new Date(nowMs() - endedGapsKeptMs));
  return [];
};

/**
 * Advances every active export once. If `saysDamage` is false, damaged records are not reported, since tick
 * reports them.
 */
export const advanceActiveExports = async (world: ExportWorld, saysDamage = true): Promise<Error[]> => {
  const failures: Error[] = [];
  for await (const { id, since } of world.jobs.active()) {
    try {
      const job = await advanceExport(world, id, 'tick');
      const isOver = job
        ? job.status === 'succeeded' || job.status === 'failed'
        : world.nowMs() - since.getTime() > orphanAfterMs;
      if (isOver) await world.jobs.close(id);
      // The clock may have jumped and the job been stored just now; do not drop its entry.
      if (isOver && !job && (await world.jobs.get(id))) await world.jobs.reopen(id);
    } catch (error) {
      if (saysDamage || !isUnreadable(error))
        world.log('error', 'An export could not be advanced', { export_id: id, ...errorFacts(error) });
      failures.push(error as Error);
    }
  }
  return failures;
};

/** Builds the world of tick from that of exports. */
export const createTickWorld = (
  exports: ExportWorld,
  directoryFunction: string,
  lambdaClient: Lambda | undefined,
  refused?: Pick<MaintenanceWorld, 'aside' | 'days'>,
): TickWorld => {
  const { state, selfAudit, jobs, watermarks, nowMs, log, metrics } = exports;
  const adminDirectory = openAdminDirectory(directoryFunction, state, lambdaClient);
  return {
    ...exports,
    schedules: { schedules: new Schedules(state), adminDirectory, selfAudit, jobs, nowMs, log },
    admins: directoryFunction === '' ? new Admins(state) : undefined,
    maintenance: refused && { ...refused, state, watermarks, nowMs, metrics },
  };
};

export const handler = lambda(async () => {
  const configuration = readEnvironment('tick', process.env);
  const exports = await openExportWorld(configuration);
  return tick(
    createTickWorld(exports, configuration.ANNALS_DIRECTORY_FUNCTION, openLambda(), {
      aside: openAside(openS3(), configuration),
      days: configuration.ANNALS_REFUSED_DAYS,
    }),
  );
});
