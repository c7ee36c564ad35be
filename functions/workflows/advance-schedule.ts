/**
 * Carries schedules on: the changes that stopped between their steps, and the runs that are due, in order,
 * each with its owner's rights as they are then. Done twice or side by side it is one run: a run is appended
 * by one, and its export has an id that everybody makes the same. Shared by manage and tick; itself no
 * Lambda.
 */
import type { Directory } from '#aws/admin-directory.ts';
import { NotRecordable, type SelfAudit } from '#aws/self-audit.ts';
import type { ExportJobs } from '#aws/state/export-jobs.ts';
import { isUnreadable, orUnreadable } from '#aws/state/record.ts';
import type { DueSchedule, Schedules } from '#aws/state/schedules.ts';
import {
  decideRun,
  dueAt,
  type RunBy,
  type Schedule,
  selfAuditEventOfSchedule,
} from '#domain/schedule/schedule.ts';
import { type Instant, instantOfMilliseconds } from '#domain/time.ts';
import { errorFacts, type Log } from '#functions/runtime/log.ts';

export type ScheduleWorld = {
  schedules: Schedules;
  directory: Directory;
  selfAudit: SelfAudit;
  jobs: ExportJobs;
  nowMs(): number;
  log: Log;
};

/** An entry whose schedule never came to be is dropped after this. */
const orphanAfterMs = 3_600_000;

/** Looks at every schedule that is due. One schedule's trouble stops no other's. */
export const advanceSchedules = async (world: ScheduleWorld): Promise<Error[]> => {
  const failures: Error[] = [];
  for await (const due of world.schedules.due(instantOfMilliseconds(world.nowMs()))) {
    try {
      await advanceSchedule(world, due);
    } catch (error) {
      world.log('error', 'A schedule could not be carried on', { key: due.key, ...errorFacts(error) });
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

/**
 * Records in the log the change that was written, and does it. One that the log can never hold is dropped,
 * and throws.
 */
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
    // Neither this process nor another has carried it on: to look once more would give the same for ever.
    if (next.version === schedule.version)
      throw new Error(`The schedule ${schedule.id} is due at ${due}, and no run of it can end then`);
    schedule = next;
  }
};

export const isOwnerAdmin = (
  { directory }: ScheduleWorld,
  { scopeId, definition }: Schedule,
): Promise<boolean> => directory.isAdmin(scopeId, definition!.requested_by);

/** Pauses a schedule whose owner is no admin any more, and says so in the log. */
const pause = async (world: ScheduleWorld, schedule: Schedule): Promise<Schedule> => {
  const paused = await world.schedules.append(schedule, {
    type: 'changing',
    at: instantOfMilliseconds(world.nowMs()),
    scope_id: schedule.scopeId,
    id: schedule.id,
    kind: 'pause',
    definition: { ...schedule.definition!, paused: true },
    by: null,
  });
  return paused ? applyChange(world, paused) : again(world, schedule);
};

/** The run up to an instant, and its export asked for; undefined where somebody else has carried the schedule on. */
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

const createExportOfLastRun = async (
  { jobs }: ScheduleWorld,
  { scopeId, definition, runs }: Schedule,
): Promise<void> => {
  const last = runs.at(-1);
  // One that is damaged was asked for, too.
  if (!last || (await orUnreadable(jobs.get(last.exportId)))) return;
  const { requested_by, reason, format, compression } = definition!;
  await jobs.create({
    type: 'asked',
    at: last.at,
    id: last.exportId,
    request: { scope_id: scopeId, requested_by, reason, format, compression },
    ...(last.by ? { ...last.by, by_hand: true } : { role: 'admin', principal: requested_by }),
    body_sha256: '',
    run: last.run,
  });
};
