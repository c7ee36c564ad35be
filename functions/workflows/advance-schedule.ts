/**
 * Advances schedules: finishes changes that stopped between their steps, and starts the runs that are due, in
 * order, each with its owner's present rights. Safe to run concurrently: only one caller can append a run,
 * and the id of its export is derived from the run. Shared by manage and tick; not a Lambda.
 */
import type { AdminDirectory } from '#aws/admin-directory.ts';
import { NotRecordable, type SelfAudit } from '#aws/self-audit.ts';
import type { ExportJobs } from '#aws/state/export-jobs.ts';
import { isUnreadable, orUnreadable } from '#aws/state/record.ts';
import type { DueSchedule, Schedules } from '#aws/state/schedules.ts';
import {
  decidePause,
  decideRun,
  dueAt,
  exportOfLastRun,
  type RunBy,
  type Schedule,
  selfAuditEventOfSchedule,
} from '#domain/schedule/schedule.ts';
import { type Instant, instantOfMilliseconds } from '#domain/time.ts';
import { errorFacts, type Log } from '#functions/runtime/log.ts';

export type ScheduleWorld = {
  schedules: Schedules;
  adminDirectory: AdminDirectory;
  selfAudit: SelfAudit;
  jobs: ExportJobs;
  nowMs(): number;
  log: Log;
};

/** An entry whose schedule was never stored is dropped after this. */
const orphanAfterMs = 3_600_000;

/** Advances every schedule that is due. One that fails does not stop the others. */
export const advanceSchedules = async (world: ScheduleWorld): Promise<Error[]> => {
  const failures: Error[] = [];
  for await (const due of world.schedules.due(instantOfMilliseconds(world.nowMs()))) {
    try {
      await advanceSchedule(world, due);
    } catch (error) {
      world.log('error', 'A schedule could not be advanced', { key: due.key, ...errorFacts(error) });
      failures.push(error as Error);
    }
  }
  return failures;
};

const advanceSchedule = async (world: ScheduleWorld, due: DueSchedule): Promise<void> => {
  const { schedules } = world;
  const found = await schedules.whichIs(due);
  if (!found) {
    // Its first event may be about to be stored; if it never is, the entry is dropped.
    if (world.nowMs() - Date.parse(due.at) > orphanAfterMs) await schedules.forget(due);
    else await schedules.requireReadable(due);
    return;
  }
  await createExportOfLastRun(world, found);
  const schedule = await runAllDue(world, await applyScheduleChange(world, found));
  await schedules.remind(schedule);
  const next = dueAt(schedule);
  // Somebody else's append may have made this very entry again; then it must stay.
  if (next !== due.at) await schedules.forget(due);
};

/**
 * Records the written change in the log, and makes it. If the log can never hold the record, the change is
 * dropped and this throws.
 */
export const applyScheduleChange = async (world: ScheduleWorld, schedule: Schedule): Promise<Schedule> => {
  if (!schedule.intent) return schedule;
  const at = instantOfMilliseconds(world.nowMs());
  try {
    await world.selfAudit.record(selfAuditEventOfSchedule(schedule));
  } catch (error) {
    if (error instanceof NotRecordable) await world.schedules.append(schedule, { type: 'dropped', at });
    throw error;
  }
  return (await world.schedules.append(schedule, { type: 'changed', at })) ?? again(world, schedule);
};

const again = async ({ schedules }: ScheduleWorld, { scopeId, id }: Schedule): Promise<Schedule> =>
  (await schedules.get(scopeId, id))!;

const runAllDue = async (world: ScheduleWorld, given: Schedule): Promise<Schedule> => {
  let schedule = given;
  for (;;) {
    const due = dueAt(schedule);
    if (schedule.intent || due === undefined || due > instantOfMilliseconds(world.nowMs())) return schedule;
    if (!(await isOwnerAdmin(world, schedule))) {
      schedule = await pause(world, schedule);
      continue;
    }
    const next = (await run(world, schedule, due)) ?? (await again(world, schedule));
    // Neither this process nor another has advanced it, so the loop would never end.
    if (next.version === schedule.version)
      throw new Error(`The schedule ${schedule.id} is due at ${due}, but no run can end then`);
    schedule = next;
  }
};

export const isOwnerAdmin = (
  { adminDirectory }: ScheduleWorld,
  { scopeId, definition }: Schedule,
): Promise<boolean> => adminDirectory.isAdmin(scopeId, definition!.requested_by);

/** Pauses a schedule whose owner is no longer an admin, and records that in the log. */
const pause = async (world: ScheduleWorld, schedule: Schedule): Promise<Schedule> => {
  const now = instantOfMilliseconds(world.nowMs());
  const paused = await world.schedules.append(schedule, decidePause(schedule, now));
  return paused ? applyScheduleChange(world, paused) : again(world, schedule);
};

/**
 * Appends the run that ends at an instant and requests its export; undefined if somebody else has advanced
 * the schedule.
 */
export const run = async (
  world: ScheduleWorld,
  schedule: Schedule,
  end: Instant,
  by?: RunBy,
): Promise<Schedule | undefined> => {
  // The process that appended the previous run may have died before it requested the export.
  await createExportOfLastRun(world, schedule);
  const decided = decideRun(schedule, end, instantOfMilliseconds(world.nowMs()));
  if (!decided) return undefined;
  // The append of a requested run may be lost although its export exists. Then the run is the same, with the
  // window of that export.
  const asked = await orUnreadable(world.jobs.get(decided.export_id));
  const event = {
    ...decided,
    ...(asked && !isUnreadable(asked) && asked.run ? { run: asked.run } : {}),
    ...(by ? { by } : {}),
  };
  // This process may die too; then tick finds the entry within a minute.
  await world.schedules.remind(schedule, event.at);
  const next = await world.schedules.append(schedule, event);
  if (next) await createExportOfLastRun(world, next);
  return next;
};

const createExportOfLastRun = async ({ jobs }: ScheduleWorld, schedule: Schedule): Promise<void> => {
  const event = exportOfLastRun(schedule);
  // If the job's records are damaged, the job was created too.
  if (event && !(await orUnreadable(jobs.get(event.id)))) await jobs.create(event);
};
