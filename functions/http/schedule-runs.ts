/** The routes for the runs of a schedule: list them, and start one now. */
import { fewAtOnce, foldsAtOnce } from '#aws/few-at-once.ts';
import { isUnreadable, orUnreadable } from '#aws/state/record.ts';
import { identityOf } from '#domain/access/caller.ts';
import { printJob } from '#domain/export/print-job.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { lastEnd, type Schedule } from '#domain/schedule/schedule.ts';
import { isOwnerAdmin, run, type ScheduleWorld } from '#functions/workflows/advance-schedule.ts';
import { json, problem } from './answer.ts';
import { viaOf } from './request.ts';
import { changedElsewhere, now, ofSchedule, refuseRequester } from './schedules.ts';
import { unreadableStatus } from './unreadable.ts';

/** The most recent runs, shown with the status of their exports. */
const shownRuns = 100;

export const listRuns = ofSchedule(async (world, { schedule }) => {
  const newest = schedule.runs.slice(-shownRuns).reverse();
  return json<'Runs'>(200, { runs: await fewAtOnce(newest, entry => showRun(world, entry), foldsAtOnce) });
});

type Run = Api<'Runs'>['runs'][number];

const showRun = async (
  { jobs, log }: ScheduleWorld,
  { run: { schedule_id, ...window }, exportId, at }: Schedule['runs'][number],
): Promise<Run> => {
  const shown = { ...window, export_id: exportId, at };
  const job = await orUnreadable(jobs.get(exportId));
  if (isUnreadable(job)) return { ...shown, ...unreadableStatus(job, log) };
  if (!job) return { ...shown, status: 'asked' };
  const { status, rows, duplicates, in_earlier_runs, gaps, failure } = printJob(job);
  return { ...shown, status, rows, duplicates, in_earlier_runs, gaps, failure };
};

export const startRun = ofSchedule(async (world, call) => {
  const { caller, event, schedule } = call;
  const { requested_by, from } = schedule.definition!;
  if (!(await isOwnerAdmin(world, schedule)))
    return refuseRequester(world, call, { action: 'schedule.update', requested_by });
  const end = now(world);
  const begin = lastEnd(schedule) ?? from;
  if (begin !== undefined && begin >= end)
    return problem('not_begun', `The next run begins at ${begin}: there is nothing to run before`);
  const next = await run(world, schedule, end, { ...identityOf(caller), via: viaOf(event) });
  if (!next) return changedElsewhere();
  const { run: window, exportId } = next.runs.at(-1)!;
  const location = `/v1/exports/${exportId}`;
  return json<'StartedRun'>(202, { ...window, export_id: exportId }, { location });
});
