/**
 * A schedule as an event-sourced aggregate. Its runs tile time: run n covers what was filed between the end
 * of run n−1 and its own end, so each event is in exactly one run. A change is written as an intent, recorded
 * in the log from that alone, and made once the record is acknowledged.
 */
import type { Identity } from '#domain/access/caller.ts';
import {
  actorOf,
  type SelfAuditAction,
  type SelfAuditEvent,
  selfAuditActor,
  type Via,
} from '#domain/access/self-audit-event.ts';
import { derivedId } from '#domain/derived-id.ts';
import type { ExportFormat } from '#domain/export/format.ts';
import type { ExportEvent, ScheduleRun } from '#domain/export/job.ts';
import type { Instant } from '#domain/time.ts';
import { nextDue, type Rhythm } from './recurrence.ts';

export type Definition = Rhythm & {
  /** Where the first run begins, in `filed_at`; absent means the beginning of the log. */
  from?: Instant | undefined;
  requested_by: string;
  reason?: string | undefined;
  paused: boolean;
  /** Absent: `csv`. */
  format?: ExportFormat | undefined;
  compression?: 'gzip' | undefined;
};

export type ChangeKind = 'create' | 'update' | 'pause' | 'delete';

export type ScheduleEvent =
  | {
      type: 'changing';
      at: Instant;
      scope_id: string;
      id: string;
      kind: ChangeKind;
      /** The definition after the change; for a deletion, the one before. */
      definition: Definition;
      /** Null means Annals itself, since the owner is no longer an admin. */
      by: Identity | null;
      via?: Via | undefined;
    }
  | { type: 'changed'; at: Instant }
  /** The log cannot hold the record of the change, so the change is not made. */
  | { type: 'dropped'; at: Instant }
  | {
      type: 'run';
      at: Instant;
      run: ScheduleRun;
      export_id: string;
      /** Who asked for the run; absent if it was due. */
      by?: RunBy | undefined;
    };

/** Who asked for a run by hand, and by which request. */
export type RunBy = Identity & { via?: Via | undefined };

type Changing = Extract<ScheduleEvent, { type: 'changing' }>;

export type Schedule = {
  scopeId: string;
  id: string;
  version: number;
  /** Undefined until the first change is made. */
  definition: Definition | undefined;
  isDeleted: boolean;
  /** A change that is not made yet. */
  intent: Changing | undefined;
  createdAt: Instant;
  /** The time of the last change: due times before it are not caught up. */
  changedAt: Instant;
  runs: { run: ScheduleRun; exportId: string; at: Instant; by: RunBy | undefined }[];
};

export const evolveSchedule = (schedule: Schedule | undefined, event: ScheduleEvent): Schedule => {
  if (schedule === undefined) {
    if (event.type !== 'changing') throw new Error(`A schedule begins with "changing", got "${event.type}"`);
    return {
      scopeId: event.scope_id,
      id: event.id,
      version: 1,
      definition: undefined,
      isDeleted: false,
      intent: event,
      createdAt: event.at,
      changedAt: event.at,
      runs: [],
    };
  }
  const next = { ...schedule, version: schedule.version + 1 };
  switch (event.type) {
    case 'changing':
      if (schedule.intent || schedule.isDeleted) throw new Error('A schedule changes one step at a time');
      return { ...next, intent: event };
    case 'changed': {
      const { kind, definition, at } = schedule.intent!;
      return { ...next, intent: undefined, definition, isDeleted: kind === 'delete', changedAt: at };
    }
    case 'dropped':
      return { ...next, intent: undefined };
    case 'run': {
      const { run, export_id, at, by } = event;
      return { ...next, runs: [...schedule.runs, { run, exportId: export_id, at, by }] };
    }
  }
};

export const lastEnd = ({ runs }: Schedule): Instant | undefined => runs.at(-1)?.run.filed_to;

/** When the schedule is due next; undefined if it is paused or deleted. */
export const dueAt = (schedule: Schedule): Instant | undefined => {
  const { intent, definition, isDeleted, changedAt } = schedule;
  if (intent) return intent.at;
  if (!definition || isDeleted || definition.paused) return undefined;
  // A run ends after the previous run, after the last change, and after the beginning of the first run.
  const [after] = [changedAt, lastEnd(schedule) ?? definition.from ?? ''].sort().reverse();
  return nextDue(definition, after!);
};

/** The run that ends at an instant; undefined if its window would be empty. */
export const decideRun = (
  schedule: Schedule,
  end: Instant,
  at: Instant,
): Extract<ScheduleEvent, { type: 'run' }> | undefined => {
  const filed_from = lastEnd(schedule) ?? schedule.definition!.from ?? null;
  if (filed_from !== null && filed_from >= end) return undefined;
  const n = schedule.runs.length + 1;
  return {
    type: 'run',
    at,
    run: { schedule_id: schedule.id, n, filed_from, filed_to: end },
    // Always the same for this run, so that a doubled tick makes one run.
    export_id: derivedId('schedule', schedule.scopeId, schedule.id, n),
  };
};

/** Pauses a schedule whose owner is no longer an admin. */
export const decidePause = ({ scopeId, id, definition }: Schedule, at: Instant): Changing => ({
  type: 'changing',
  at,
  scope_id: scopeId,
  id,
  kind: 'pause',
  definition: { ...definition!, paused: true },
  by: null,
});

/** The first event of the export of the last run; undefined if there is no run. */
export const exportOfLastRun = ({
  scopeId,
  definition,
  runs,
}: Schedule): Extract<ExportEvent, { type: 'asked' }> | undefined => {
  const last = runs.at(-1);
  if (!last) return undefined;
  const { requested_by, reason, format, compression } = definition!;
  return {
    type: 'asked',
    at: last.at,
    id: last.exportId,
    request: { scope_id: scopeId, requested_by, reason, format, compression },
    ...(last.by
      ? { ...last.by, by_hand: true as const }
      : { role: 'admin' as const, principal: requested_by }),
    body_sha256: '',
    run: last.run,
  };
};

const actions: Record<ChangeKind, SelfAuditAction> = {
  create: 'schedule.create',
  update: 'schedule.update',
  pause: 'schedule.pause',
  delete: 'schedule.delete',
};

export const selfAuditEventOfSchedule = ({ scopeId, id, intent, version }: Schedule): SelfAuditEvent => {
  const { kind, at, by, via, definition } = intent!;
  const { requested_by, reason, ...rest } = definition;
  return {
    action: actions[kind],
    id: derivedId('schedule-change', scopeId, id, version),
    at,
    actor: by ? actorOf(by) : selfAuditActor,
    target: { id, type: 'schedule' },
    scopeId,
    success: true,
    payload: {
      requested_by,
      reason: reason ?? null,
      ...rest,
      ...(by ? {} : { because: 'The user who asked for it is no admin of the scope any more' }),
    },
    via,
  };
};

export const printSchedule = (schedule: Schedule) => {
  const { id, scopeId, definition, createdAt, changedAt, runs } = schedule;
  return {
    id,
    scope_id: scopeId,
    ...definition!,
    format: definition!.format ?? 'csv',
    created_at: createdAt,
    changed_at: changedAt,
    runs: runs.length,
    last_end: lastEnd(schedule) ?? null,
    next_run_at: dueAt(schedule) ?? null,
  };
};
