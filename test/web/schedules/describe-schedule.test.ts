import { describe, expect, it } from 'vitest';
import { scheduleRequestShape } from '#domain/schedule/request.ts';
import { describeSchedule, type Schedule, withPaused } from '#web/schedules/describe-schedule.ts';

const at = '2026-11-25T12:00:00.000000000Z';
const daily: Schedule = {
  id: 's',
  scope_id: 'acme',
  every: 'daily',
  at: '06:00',
  time_zone: 'Europe/Berlin',
  requested_by: 'u-1',
  paused: false,
  format: 'csv',
  created_at: at,
  changed_at: at,
  runs: 0,
  last_end: null,
  next_run_at: at,
};
const weekly: Schedule = { ...daily, every: 'weekly', on: 'monday' };
const monthly: Schedule = { ...daily, every: 'monthly', on: 31, compression: 'gzip', reason: 'r', from: at };

describe('a schedule', () => {
  it.each([
    [daily, 'Every day at 06:00, Europe/Berlin'],
    [weekly, 'Every Monday at 06:00, Europe/Berlin'],
    [monthly, 'On day 31 of each month at 06:00, Europe/Berlin'],
  ])('says when it runs', (schedule, text) => {
    expect(describeSchedule(schedule)).toBe(text);
  });

  it('is paused and resumed as it was set', () => {
    for (const schedule of [daily, weekly, monthly]) {
      const body = JSON.parse(JSON.stringify(withPaused(schedule, true)));
      expect(scheduleRequestShape.parse(body)).toMatchObject({ every: schedule.every, paused: true });
    }
    expect(withPaused(monthly, false)).toMatchObject({
      from: at,
      compression: 'gzip',
      reason: 'r',
      paused: false,
    });
  });
});
