import { describe, expect, it } from 'vitest';
import { type ExportJob, evolve } from '#domain/export/job.ts';
import { notificationOf } from '#domain/export/notification.ts';

const at = '2026-11-23T12:00:00.000000000Z';
const jobOf = (change: object = {}, schedule_id?: string): ExportJob =>
  evolve(undefined, {
    type: 'asked',
    at,
    id: '00000000-0000-4000-8000-000000000001',
    request: { scope_id: 'acme', requested_by: 'u-1', reason: 'r' },
    role: 'support',
    principal: 'p',
    body_sha256: 'h',
    ...(schedule_id === undefined ? {} : { run: { schedule_id, n: 3, filed_from: null, filed_to: at } }),
    ...change,
  });

describe('a notification', () => {
  it('covers the runs of schedules, or every export, or nothing, as set', () => {
    const said = (job: ExportJob) =>
      (['none', 'schedules', 'all'] as const).map(
        events => notificationOf(job, 'succeeded', events)?.subject,
      );
    expect(said(jobOf())).toEqual([
      undefined,
      undefined,
      'Audit log: export 00000000-0000-4000-8000-000000000001 succeeded',
    ]);
    const run = 'Audit log: run 3 of the schedule nightly succeeded';
    expect(said(jobOf({}, 'nightly'))).toEqual([undefined, run, run]);
  });

  it('has an id of the export, its retry and its outcome, the same each time that it is made', () => {
    const job = jobOf();
    const idOf = (change: object, outcome: 'succeeded' | 'failed') =>
      notificationOf({ ...job, ...change }, outcome, 'all')!.id;
    expect(idOf({}, 'failed')).toBe(idOf({ status: 'failed', version: 9 }, 'failed'));
    expect(new Set([idOf({}, 'failed'), idOf({}, 'succeeded'), idOf({ retries: 1 }, 'failed')]).size).toBe(3);
    expect(notificationOf(job, 'failed', 'all')!.message).toMatchObject({ notice_id: idOf({}, 'failed') });
  });

  it.each(['毎週の監査ログ', 'x'.repeat(256), 'a\nb\u001b[31m', 'é'])(
    'has a subject that SNS takes, with its outcome, whatever the schedule is called: %j',
    schedule => {
      const { subject } = notificationOf(jobOf({}, schedule), 'failed', 'schedules')!;
      expect(subject).toMatch(/^[\x20-\x7e]{1,99}$/);
      expect(subject).toMatch(/^Audit log: run 3 of the schedule .+ failed$/);
    },
  );
});
