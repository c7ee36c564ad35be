/**
 * Every minute: sends every bucket a heartbeat, so that a quiet log is known to be complete; writes the metrics of the
 * log's health; and advances redrives, changes of admins, the schedules that are due, every active export and the
 * notices that are due, so that none of them depends on an event that may be lost. A step that fails does not stop the
 * next one, nor an export that fails the others.
 */
import { openAdminDirectory } from '#aws/admin-directory.ts';
import { type Lambda, openLambda, openS3 } from '#aws/clients.ts';
import { readEnvironment } from '#aws/environment.ts';
import { openAside } from '#aws/open.ts';
import { Admins } from '#aws/state/admins.ts';
import { Notices } from '#aws/state/notices.ts';
import { isUnreadable } from '#aws/state/record.ts';
import { Schedules } from '#aws/state/schedules.ts';
import { allBuckets } from '#domain/archive/bucket.ts';
import { heartbeat } from '#domain/archive/pack.ts';
import { completeTo } from '#domain/archive/watermark.ts';
import { lambda } from '#functions/runtime/handler.ts';
import { errorFacts } from '#functions/runtime/log.ts';
import { advanceExport } from '#functions/workflows/advance-export.ts';
import { advanceSchedules, type ScheduleWorld } from '#functions/workflows/advance-schedule.ts';
import { advanceAdminChanges } from '#functions/workflows/change-admin.ts';
import { deliverNotices } from '#functions/workflows/deliver-notices.ts';
import { type ExportWorld, openExportWorld } from '#functions/workflows/export-world.ts';
import { type MaintenanceWorld, maintainRefused } from '#functions/workflows/maintain-refused.ts';
import { advanceRedrives } from '#functions/workflows/redrive-gap.ts';

/** An entry among the active exports whose job was never stored is dropped after this. */
const orphanAfterMs = 3_600_000;

/** What tick advances beside exports. */
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
  // The invocation fails if any step did, so that its alarm is raised; all the rest has been done.
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

/** Measures how far the log is behind, and what waits. If a bucket was never filed, there is no lag to measure. */
const measure = async (world: ExportWorld): Promise<Error[]> => {
  const { nowMs, metrics } = world;
  const filed = completeTo(await world.watermarks.all(), allBuckets(world.buckets));
  let openGaps = 0;
  for await (const _ of world.gaps.open()) openGaps += 1;
  let activeExports = 0;
  let oldest = nowMs();
  for await (const { since } of world.jobs.active()) {
    activeExports += 1;
    oldest = Math.min(oldest, since.getTime());
  }
  metrics({
    ...(filed === undefined ? {} : { FilingLag: Math.max(0, (nowMs() - Date.parse(filed)) / 1000) }),
    OpenGaps: openGaps,
    OpenExports: activeExports,
    UndeliveredNotices: await new Notices(world.state).countUndelivered(),
    OldestOpenExport: (nowMs() - oldest) / 1000,
  });
  return [];
};

/** What was put aside is kept this long after its gap has ended, in case somebody still needs it. */
const endedGapsKeptMs = 7 * 24 * 3_600_000;

const forgetEndedGaps = async ({ gaps, nowMs }: ExportWorld): Promise<Error[]> => {
  await gaps.forgetEnded(new Date(nowMs() - endedGapsKeptMs));
  return [];
};

/** Advances every active export once. With `saysDamage` false, damaged records are left to tick to report. */
export const advanceActiveExports = async (world: ExportWorld, saysDamage = true): Promise<Error[]> => {
  const failures: Error[] = [];
  for await (const { id, since } of world.jobs.active()) {
    try {
      const job = await advanceExport(world, id, 'tick');
      const isOver = job
        ? job.status === 'succeeded' || job.status === 'failed'
        : world.nowMs() - since.getTime() > orphanAfterMs;
      if (isOver) await world.jobs.close(id);
      // The clock may have jumped, and the job have come just now: it must not be forgotten.
      if (isOver && !job && (await world.jobs.get(id))) await world.jobs.reopen(id);
    } catch (error) {
      if (saysDamage || !isUnreadable(error))
        world.log('error', 'An export could not be advanced', { export_id: id, ...errorFacts(error) });
      failures.push(error as Error);
    }
  }
  return failures;
};

/** The world of tick, made of that of exports. */
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
