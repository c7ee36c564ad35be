import { describe, expect, it } from 'vitest';
import type { Caller } from '#domain/access/caller.ts';
import { parseScheduleRequest } from '#domain/schedule/request.ts';
import { withStatus } from '#test/support/problem-status.ts';

describe('a request for a schedule', () => {
  const support: Caller = { role: 'support', principal: 'p' };
  const valid = { every: 'daily', at: '06:00', time_zone: 'Europe/Berlin', requested_by: 'u-1', reason: 'r' };

  it('is read, with its defaults', () => {
    expect(parseScheduleRequest({ ...valid, from: '2026-11-01' }, support)).toEqual({
      definition: { ...valid, from: '2026-11-01T00:00:00.000000000Z', paused: false },
    });
  });

  it.each([
    ['an invalid rhythm', { ...valid, every: 'hourly' }, '/every'],
    ['a time of day that is none', { ...valid, at: '24:00' }, '/at'],
    ['a time zone that is none', { ...valid, time_zone: 'Europe/Atlantis' }, '/time_zone'],
    ['a weekday that is missing', { ...valid, every: 'weekly' }, '/on'],
    ['a weekday that is none', { ...valid, every: 'weekly', on: 'someday' }, '/on'],
    ['a day of the month that is none', { ...valid, every: 'monthly', on: 32 }, '/on'],
    ['a day for every day', { ...valid, on: 'monday' }, '/on'],
    ['an unknown member', { ...valid, zone: 'UTC' }, '/zone'],
    ['nobody who asked', { ...valid, requested_by: undefined }, '/requested_by'],
    ['no reason', { ...valid, reason: undefined }, '/reason'],
  ])('is refused with %s', (_, body, path) => {
    expect(withStatus(parseScheduleRequest(body, support))).toMatchObject({ problem: { status: 400, path } });
  });

  it('is of an admin themselves', () => {
    const admin: Caller = { role: 'admin', principal: 'u-7', scopeId: 'acme' };
    const { requested_by, reason, ...own } = valid;
    expect(parseScheduleRequest(own, admin)).toMatchObject({ definition: { requested_by: 'u-7' } });
    expect(withStatus(parseScheduleRequest(valid, admin))).toMatchObject({ problem: { status: 403 } });
  });
});
