/**
 * Advances schedules: the changes that stopped between their steps, and the runs that are due, in order, each with its
 * owner's rights as they are then. Safe to run concurrently: a run is appended by one, and the id of its export is
 * derived from it. Shared by manage and tick; not a Lambda.
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

/** An entry whose schedule never came to be is dropped after this. */
const orphanAfterMs = 3_600_000;

/** Advances every schedule that is due. One that fails stops no other. */
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
    // Its first event may be on its way; what never comes is dropped in the end.
    if (world.nowMs() - Date.parse(due.at) > orphanAfterMs) await schedules.forget(due);
    else await schedules.requireReadable(due);
    return;
  }
  await createExportOfLastRun(world, found);
  const schedule = await runAllDue(world, await applyChange(world, found));
  await schedules.remind(schedule);
  const next = dueAt(schedule);
  // What was appended meanwhile by somebody else may have made this very entry again; then it stays.
  if (next !== due.at) await schedules.forget(due);
};

/** Records the change that was written in the log, and makes it. Throws, and drops it, if the log can never hold it. */
export const applyChange = async (world: ScheduleWorld, schedule: Schedule): Promise<Schedule> => {
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
    // Neither this process nor another has advanced it, so this loop would never end.
    if (next.version === schedule.version)
      throw new Error(`The schedule ${schedule.id} is due at ${due}, and no run of it can end then`);
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
  return paused ? applyChange(world, paused) : again(world, schedule);
};

/** The run up to an instant, and its export asked for; undefined if somebody else has advanced the schedule. */
export const run = async (
  world: ScheduleWorld,
  schedule: Schedule,
  end: Instant,
  by?: RunBy,
): Promise<Schedule | undefined> => {
  // Whoever appended the run before may have ended before its export was asked for.
  await createExportOfLastRun(world, schedule);
  const decided = decideRun(schedule, end, instantOfMilliseconds(world.nowMs()));
  if (!decided) return undefined;
  // The record of a run that was asked for may be lost: then it is that run, with the window that it had.
  const asked = await orUnreadable(world.jobs.get(decided.export_id));
  const event = {
    ...decided,
    ...(asked && !isUnreadable(asked) && asked.run ? { run: asked.run } : {}),
    ...(by ? { by } : {}),
  };
  // So may this one: then tick finds the entry within a minute.
  await world.schedules.remind(schedule, event.at);
  const next = await world.schedules.append(schedule, event);
  if (next) await createExportOfLastRun(world, next);
  return next;
};

const createExportOfLastRun = async ({ jobs }: ScheduleWorld, schedule: Schedule): Promise<void> => {
  const event = exportOfLastRun(schedule);
  // If its records are damaged, it was created, too.
  if (event && !(await orUnreadable(jobs.get(event.id)))) await jobs.create(event);
};
