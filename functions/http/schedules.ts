/** The routes for schedules, for staff and customers: list, show, set and delete them. */
import { v7 } from 'uuid';
import { identityOf } from '#domain/access/caller.ts';
import { actorOf, type SelfAuditAction } from '#domain/access/self-audit-event.ts';
import { isName } from '#domain/event/name.ts';
import { decodePathId } from '#domain/http/path-id.ts';
import { isStateCursor } from '#domain/object-key.ts';
import { parseScheduleRequest } from '#domain/schedule/request.ts';
import { type ChangeKind, type Definition, printSchedule, type Schedule } from '#domain/schedule/schedule.ts';
import { type Instant, instantOfMilliseconds } from '#domain/time.ts';
import { applyScheduleChange, type ScheduleWorld } from '#functions/workflows/advance-schedule.ts';
import {
  type Answer,
  badCursor,
  badId,
  json,
  noContent,
  notAdmin,
  problem,
  refuseRequest,
} from './answer.ts';
import { bodyOf, viaOf } from './request.ts';
import type { Handler } from './router.ts';
import { ofScope, type ScopeCall } from './scope-call.ts';
import { countUnreadable } from './unreadable.ts';

/** Each schedule is read from all of its events, so pages are small. */
const pageSize = 50;

/** A call whose path names a schedule that may not exist. */
type IdCall = ScopeCall & { id: string; schedule: Schedule | undefined };
/** A call to an existing schedule. */
export type ScheduleCall = IdCall & { schedule: Schedule };

const ofId = (handle: Handler<ScheduleWorld, IdCall>): Handler<ScheduleWorld> =>
  ofScope<ScheduleWorld>(async (world, call) => {
    const id = decodePathId(call.event.pathParameters?.id ?? '');
    if (id === undefined || !isName(id)) return badId('schedule');
    const found = await world.schedules.get(call.scopeId, id);
    return handle(world, { ...call, id, schedule: found && (await applyScheduleChange(world, found)) });
  });

/** Answers 404 if the schedule in the path does not exist or is deleted. */
export const ofSchedule = (handle: Handler<ScheduleWorld, ScheduleCall>): Handler<ScheduleWorld> =>
  ofId((world, { schedule, ...call }) =>
    schedule?.definition && !schedule.isDeleted
      ? handle(world, { ...call, schedule })
      : problem('not_found', 'There is no schedule of this id'),
  );

export const listSchedules = ofScope<ScheduleWorld>(async (world, { event, scopeId }) => {
  const cursor = event.queryStringParameters?.cursor;
  if (cursor !== undefined && !isStateCursor(cursor)) return badCursor();
  const page = await world.schedules.page(scopeId, pageSize, cursor);
  return json<'Schedules'>(200, {
    schedules: page.schedules
      .filter(({ definition, isDeleted }) => definition && !isDeleted)
      .map(printSchedule),
    ...countUnreadable(page.unreadable, world.log),
    cursor: page.cursor ?? null,
  });
});

export const showSchedule = ofSchedule((_, { schedule }) => json<'Schedule'>(200, printSchedule(schedule)));

export const setSchedule = ofId(async (world, call) => {
  const { caller, event, scopeId, schedule } = call;
  const body = bodyOf(event);
  if ('problem' in body) return body.problem;
  const parsed = parseScheduleRequest(body.json, caller);
  if ('problem' in parsed) return refuseRequest(parsed.problem);
  const { definition } = parsed;
  if (schedule?.isDeleted)
    return problem('schedule_deleted', 'A schedule of this id was deleted; choose another id');
  const before = schedule?.definition;
  if (!(await world.adminDirectory.isAdmin(scopeId, definition.requested_by)))
    return refuseRequester(world, call, {
      action: before ? 'schedule.update' : 'schedule.create',
      requested_by: definition.requested_by,
    });
  if (before && definition.from !== undefined && definition.from !== before.from)
    return problem(
      'invalid_request',
      'The beginning of a schedule cannot be changed: its first run is from there',
      { path: '/from' },
    );
  const wanted: Definition = before?.from === undefined ? definition : { ...definition, from: before.from };
  const kind: ChangeKind = !before ? 'create' : wanted.paused && !before.paused ? 'pause' : 'update';
  const changed = await change(world, call, kind, wanted);
  return changed ? json<'Schedule'>(before ? 200 : 201, printSchedule(changed)) : changedElsewhere();
});

export const deleteSchedule = ofSchedule(async (world, call) =>
  (await change(world, call, 'delete', call.schedule.definition!)) ? noContent() : changedElsewhere(),
);

/** The schedule after the change; undefined if somebody else has changed it meanwhile. */
const change = async (
  world: ScheduleWorld,
  { caller, event, scopeId, id, schedule }: IdCall,
  kind: ChangeKind,
  definition: Definition,
): Promise<Schedule | undefined> => {
  const next = await world.schedules.append(schedule, {
    type: 'changing',
    at: now(world),
    scope_id: scopeId,
    id,
    kind,
    definition,
    by: identityOf(caller),
    via: viaOf(event),
  });
  return next && applyScheduleChange(world, next);
};

/**
 * Records in the log that the requester is not an admin of the scope, and returns the answer that says so.
 */
export const refuseRequester = async (
  world: ScheduleWorld,
  { caller, event, scopeId, id }: Omit<IdCall, 'schedule'>,
  { action, requested_by }: { action: SelfAuditAction; requested_by: string },
): Promise<Answer> => {
  await world.selfAudit.record({
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
  return notAdmin(requested_by);
};

export const changedElsewhere = (): Answer =>
  problem('changed_elsewhere', 'Somebody else changed the schedule at the same time; look at it and retry');

export const now = ({ nowMs }: ScheduleWorld): Instant => instantOfMilliseconds(nowMs());
