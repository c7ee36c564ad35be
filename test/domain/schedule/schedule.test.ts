import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeSelfAuditEvent } from '#domain/access/self-audit-event.ts';
import type { Rhythm } from '#domain/schedule/recurrence.ts';
import {
  type Definition,
  decideRun,
  dueAt,
  evolveSchedule,
  lastEnd,
  printSchedule,
  type Schedule,
  type ScheduleEvent,
  selfAuditEventOfSchedule,
} from '#domain/schedule/schedule.ts';
import { instantOfMilliseconds } from '#domain/time.ts';

const instant = (text: string) => instantOfMilliseconds(Date.parse(text));

const daily = (time_zone: string, at: string): Rhythm => ({ every: 'daily', time_zone, at });

describe('a schedule', () => {
  const created = instant('2026-11-20T12:00:00Z');
  const definition: Definition = {
    ...daily('UTC', '06:00'),
    every: 'daily',
    requested_by: 'u-1',
    reason: 'r',
    paused: false,
  };
  const changing = (
    change: Partial<Definition> = {},
    kind: 'create' | 'update' | 'pause' | 'delete' = 'create',
    at = created,
  ): ScheduleEvent => ({
    type: 'changing',
    at,
    scope_id: 'acme',
    id: 'nightly',
    kind,
    definition: { ...definition, ...change } as Definition,
    by: { role: 'support', principal: 'p' },
  });
  const changed = (at = created): ScheduleEvent => ({ type: 'changed', at });
  const given = (...events: ScheduleEvent[]): Schedule =>
    events.reduce<Schedule | undefined>(evolveSchedule, undefined)!;
  const ran = (schedule: Schedule): Schedule => {
    const due = dueAt(schedule)!;
    return evolveSchedule(schedule, decideRun(schedule, due, due)!);
  };

  it('exists only after its creation is recorded in the log', () => {
    expect(given(changing()).definition).toBeUndefined();
    expect(dueAt(given(changing()))).toBe(created);
    expect(printSchedule(given(changing(), changed()))).toMatchObject({
      id: 'nightly',
      every: 'daily',
      runs: 0,
      next_run_at: instant('2026-11-21T06:00:00Z'),
    });
  });

  it('has runs that tile time, from the beginning on', () => {
    let schedule = given(changing(), changed());
    for (let n = 0; n < 3; n++) schedule = ran(schedule);
    const windows = schedule.runs.map(({ run }) => [run.n, run.filed_from, run.filed_to]);
    expect(windows).toEqual([
      [1, null, instant('2026-11-21T06:00:00Z')],
      [2, instant('2026-11-21T06:00:00Z'), instant('2026-11-22T06:00:00Z')],
      [3, instant('2026-11-22T06:00:00Z'), instant('2026-11-23T06:00:00Z')],
    ]);
    expect(new Set(schedule.runs.map(({ exportId }) => exportId)).size).toBe(3);
  });

  it('makes the same run, whichever process decides it', () => {
    const schedule = given(changing(), changed());
    const due = dueAt(schedule)!;
    expect(decideRun(schedule, due, due)!.export_id).toBe(
      decideRun(schedule, due, instant('2027-01-01T00:00:00Z'))!.export_id,
    );
  });

  it('begins where it is set to begin, and is not due before that', () => {
    const from = instant('2026-12-01T00:00:00Z');
    const schedule = given(changing({ from }), changed());
    expect(dueAt(schedule)).toBe(instant('2026-12-01T06:00:00Z'));
    expect(ran(schedule).runs[0]!.run).toMatchObject({
      filed_from: from,
      filed_to: instant('2026-12-01T06:00:00Z'),
    });
    expect(decideRun(schedule, created, created)).toBeUndefined();
  });

  it('runs now, and continues from there', () => {
    const now = instant('2026-11-20T13:00:00Z');
    const schedule = given(changing(), changed());
    const next = evolveSchedule(schedule, decideRun(schedule, now, now)!);
    expect(lastEnd(next)).toBe(now);
    expect(ran(next).runs[1]!.run).toMatchObject({
      filed_from: now,
      filed_to: instant('2026-11-21T06:00:00Z'),
    });
    expect(decideRun(next, now, now), 'nothing lies between').toBeUndefined();
  });

  it('keeps its last end through a pause, and does not catch up with the times that it slept', () => {
    const ranOnce = ran(given(changing(), changed()));
    const paused = [
      changing({ paused: true }, 'pause', instant('2026-11-21T12:00:00Z')),
      changed(),
    ].reduce<Schedule>(evolveSchedule, ranOnce);
    expect(dueAt(paused)).toBeUndefined();
    const resumed = [changing({}, 'update', instant('2026-12-05T12:00:00Z')), changed()].reduce<Schedule>(
      evolveSchedule,
      paused,
    );
    expect(dueAt(resumed)).toBe(instant('2026-12-06T06:00:00Z'));
    expect(ran(resumed).runs[1]!.run).toMatchObject({
      filed_from: instant('2026-11-21T06:00:00Z'),
      filed_to: instant('2026-12-06T06:00:00Z'),
    });
  });

  it('is over once it is deleted', () => {
    const deleted = given(changing(), changed(), changing({}, 'delete'), changed());
    expect(dueAt(deleted)).toBeUndefined();
    expect(() => evolveSchedule(deleted, changing())).toThrow();
    expect(() => evolveSchedule(given(changing()), changing()), 'one step at a time').toThrow();
  });

  it('is recorded in the log by the same event, however often, with who, for whom and why', () => {
    const row = (schedule: Schedule) => encodeSelfAuditEvent(selfAuditEventOfSchedule(schedule), created).row;
    const schedule = given(changing());
    expect(row(schedule)).toBe(row(given(changing())));
    expect(JSON.parse(row(schedule))).toMatchObject({
      action: 'audit_log.schedule.create',
      scope_id: 'acme',
      target_id: 'nightly',
      actor_id: 'p',
    });
    expect(JSON.parse((JSON.parse(row(schedule)) as { payload: string }).payload)).toMatchObject({
      requested_by: 'u-1',
      reason: 'r',
      every: 'daily',
    });
  });

  it('tiles time whatever happens to it', () => {
    const steps = fc.array(
      fc.tuple(fc.constantFrom('tick', 'now', 'pause', 'resume', 'change'), fc.integer({ min: 1, max: 200 })),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(steps, fc.constantFrom('UTC', 'Europe/Berlin'), (all, time_zone) => {
        let schedule = given(changing({ time_zone }), changed());
        let ms = Date.parse(created);
        for (const [what, hours] of all) {
          ms += hours * 3_600_000;
          const now = instantOfMilliseconds(ms);
          if (what === 'tick')
            for (let due = dueAt(schedule); due !== undefined && due <= now; due = dueAt(schedule))
              schedule = evolveSchedule(schedule, decideRun(schedule, due, now)!);
          else if (what === 'now') schedule = evolveSchedule(schedule, decideRun(schedule, now, now)!);
          else {
            const at = `${String(hours % 24).padStart(2, '0')}:00`;
            const paused = what === 'pause' || (what === 'change' && schedule.definition!.paused);
            schedule = [changing({ time_zone, at, paused }, 'update', now), changed(now)].reduce<Schedule>(
              evolveSchedule,
              schedule,
            );
          }
        }
        schedule.runs.forEach(({ run }, at) => {
          expect(run.n).toBe(at + 1);
          expect(run.filed_from).toBe(at === 0 ? null : schedule.runs[at - 1]!.run.filed_to);
          if (run.filed_from !== null) expect(run.filed_from < run.filed_to).toBe(true);
        });
      }),
    );
  });
});
