/** The routes for schedules, of staff and of customers: list, show, set and delete them, see their runs, run now. */

import { v7 } from 'uuid';
import { fewAtOnce, foldsAtOnce } from '#aws/few-at-once.ts';
import { isUnreadable, orUnreadable } from '#aws/state/record.ts';
import { type Caller, identityOf, mayRead } from '#domain/access/caller.ts';
import { actorOf, type SelfAuditAction } from '#domain/access/self-audit-event.ts';
import { isName } from '#domain/event/name.ts';
import { printJob } from '#domain/export/print-job.ts';
import { decodePathId } from '#domain/http/path-id.ts';
import { isStateCursor } from '#domain/object-key.ts';
import { parseScheduleRequest } from '#domain/schedule/request.ts';
import {
  type ChangeKind,
  type Definition,
  lastEnd,
  printSchedule,
  type Schedule,
} from '#domain/schedule/schedule.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { applyChange, isOwnerAdmin, run, type ScheduleWorld } from '#functions/workflows/advance-schedule.ts';
import { type Answer, badCursor, badId, json, notAdmin, problem, refuseRequest } from './answer.ts';
import { type ApiEvent, bodyOf, viaOf } from './request.ts';
import { countUnreadable, unreadableStatus } from './unreadable.ts';

/** The newest runs that are shown with how they stand. */
const shownRuns = 100;
/** Each is read from all of its events. */
const pageSize = 50;

export const manageSchedules = async (
  world: ScheduleWorld,
  caller: Caller,
  event: ApiEvent,
): Promise<Answer> => {
  const scopeId = decodePathId(event.pathParameters?.scope_id ?? '');
  if (scopeId === undefined || !isName(scopeId)) return badId('scope');
  if (!mayRead(caller, scopeId)) return problem('forbidden', 'The token is of another scope');
  if (caller.role === 'admin' && !(await world.directory.isAdmin(scopeId, caller.principal)))
    return notAdmin(caller.principal);
  if (event.routeKey === 'GET /v1/scopes/{scope_id}/schedules')
    return list(world, scopeId, event.queryStringParameters?.cursor);
  const id = decodePathId(event.pathParameters?.id ?? '');
  if (id === undefined || !isName(id)) return badId('schedule');
  const found = await world.schedules.get(scopeId, id);
  const schedule = found && (await applyChange(world, found));
  if (event.routeKey.startsWith('PUT')) return put(world, caller, event, scopeId, id, schedule);
  if (!schedule?.definition || schedule.isDeleted)
    return problem('not_found', 'There is no schedule of this id');
  switch (event.routeKey) {
    case 'DELETE /v1/scopes/{scope_id}/schedules/{id}':
      return remove(world, caller, event, schedule);
    case 'GET /v1/scopes/{scope_id}/schedules/{id}/runs':
      return listRuns(world, schedule);
    case 'POST /v1/scopes/{scope_id}/schedules/{id}/runs':
      return runNow(world, caller, event, schedule);
    default:
      return json(200, printSchedule(schedule));
  }
};

const changedElsewhere = (): Answer =>
  problem(
    'changed_elsewhere',
    'Somebody else has changed the schedule at the same time; look, and ask again',
  );

const now = ({ nowMs }: ScheduleWorld) => instantOfMilliseconds(nowMs());

const list = async (world: ScheduleWorld, scopeId: string, cursor: string | undefined): Promise<Answer> => {
  if (cursor !== undefined && !isStateCursor(cursor)) return badCursor();
  const page = await world.schedules.page(scopeId, pageSize, cursor);
  return json(200, {
    schedules: page.schedules
      .filter(({ definition, isDeleted }) => definition && !isDeleted)
      .map(printSchedule),
    ...countUnreadable(page.unreadable, world.log),
    cursor: page.cursor ?? null,
  });
};

const put = async (
  world: ScheduleWorld,
  caller: Caller,
  event: ApiEvent,
  scopeId: string,
  id: string,
  schedule: Schedule | undefined,
): Promise<Answer> => {
  const body = bodyOf(event);
  if ('problem' in body) return body.problem;
  const parsed = parseScheduleRequest(body.json, caller);
  if ('problem' in parsed) return refuseRequest(parsed.problem);
  const { definition } = parsed;
  if (schedule?.isDeleted)
    return problem('schedule_deleted', 'A schedule of this id was deleted; choose another id');
  const before = schedule?.definition;
  if (!(await world.directory.isAdmin(scopeId, definition.requested_by))) {
    await refuse(
      world,
      caller,
      event,
      scopeId,
      id,
      before ? 'schedule.update' : 'schedule.create',
      definition.requested_by,
    );
    return notAdmin(definition.requested_by);
  }
  if (before && definition.from !== undefined && definition.from !== before.from)
    return problem(
      'invalid_request',
      'The beginning of a schedule cannot be changed: its first run is from there',
      {
        path: '/from',
      },
    );
  const wanted: Definition = before?.from === undefined ? definition : { ...definition, from: before.from };
  const kind: ChangeKind = !before ? 'create' : wanted.paused && !before.paused ? 'pause' : 'update';
  const changed = await change(world, caller, event, schedule, scopeId, id, kind, wanted);
  return changed ? json(before ? 200 : 201, printSchedule(changed)) : changedElsewhere();
};

const change = async (
  world: ScheduleWorld,
  caller: Caller,
  event: ApiEvent,
  schedule: Schedule | undefined,
  scope_id: string,
  id: string,
  kind: ChangeKind,
  definition: Definition,
): Promise<Schedule | undefined> => {
  const next = await world.schedules.append(schedule, {
    type: 'changing',
    at: now(world),
    scope_id,
    id,
    kind,
    definition,
    by: identityOf(caller),
    via: viaOf(event),
  });
  return next && applyChange(world, next);
};

const remove = async (
  world: ScheduleWorld,
  caller: Caller,
  event: ApiEvent,
  schedule: Schedule,
): Promise<Answer> => {
  const { scopeId, id, definition } = schedule;
  const changed = await change(world, caller, event, schedule, scopeId, id, 'delete', definition!);
  return changed
    ? { statusCode: 204, headers: { 'cache-control': 'no-store' }, body: '' }
    : changedElsewhere();
};

/** Records in the log that somebody was refused, before they are told so. */
const refuse = (
  world: ScheduleWorld,
  caller: Caller,
  event: ApiEvent,
  scopeId: string,
  id: string,
  action: SelfAuditAction,
  requested_by: string,
): Promise<void> =>
  world.selfAudit.record({
    action,
    id: v7(),
    at: now(world),
    actor: actorOf(caller),
    target: { id, type: 'schedule' },
    scopeId,
    success: false,
    payload: { requested_by, refused: 'not_an_admin' },
    via: viaOf(event),
  });

const listRuns = async ({ jobs, log }: ScheduleWorld, { runs }: Schedule): Promise<Answer> => {
  const newest = runs.slice(-shownRuns).reverse();
  const shown = await fewAtOnce(
    newest,
    async ({ run, exportId, at }) => {
      const job = await orUnreadable(jobs.get(exportId));
      const { schedule_id, ...window } = run;
      const { status, rows, duplicates, in_earlier_runs, gaps, failure } = (
        isUnreadable(job) ? unreadableStatus(job, log) : job ? printJob(job) : { status: 'asked' }
      ) as Record<string, unknown>;
      return { ...window, export_id: exportId, at, status, rows, duplicates, in_earlier_runs, gaps, failure };
    },
    foldsAtOnce,
  );
  return json(200, { runs: shown });
};

const runNow = async (
  world: ScheduleWorld,
  caller: Caller,
  event: ApiEvent,
  schedule: Schedule,
): Promise<Answer> => {
  if (!(await isOwnerAdmin(world, schedule))) {
    const { scopeId, id, definition } = schedule;
    await refuse(world, caller, event, scopeId, id, 'schedule.update', definition!.requested_by);
    return notAdmin(definition!.requested_by);
  }
  const end = now(world);
  const begin = lastEnd(schedule) ?? schedule.definition!.from;
  if (begin !== undefined && begin >= end)
    return problem('not_begun', `The next run begins at ${begin}: there is nothing to run before`);
  const next = await run(world, schedule, end, { ...identityOf(caller), via: viaOf(event) });
  if (!next) return changedElsewhere();
  const { run: window, exportId } = next.runs.at(-1)!;
  return json(202, { ...window, export_id: exportId }, { location: `/v1/exports/${exportId}` });
};
