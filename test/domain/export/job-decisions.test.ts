import { describe, expect, it } from 'vitest';
import type { Watermark } from '#domain/archive/watermark.ts';
import { type ExportEvent, evolve } from '#domain/export/job.ts';
import {
  decideFreeze,
  decideOverdue,
  failing,
  maxFailures,
  mayTryAgain,
  queriesKept,
  queryToken,
  segmentDaysNamed,
} from '#domain/export/job-decisions.ts';
import { printJob } from '#domain/export/print-job.ts';
import { nextInstant } from '#domain/time.ts';
import { asked, at, given, requested, result, running, starting } from '#test/support/export-events.ts';

describe('the decisions on an export', () => {
  it('says what it waits for, and fails once it has waited too long', () => {
    const job = given(asked, requested);
    expect(printJob(job)).toHaveProperty('waiting_for');
    const since = Date.parse(at);
    const patience = { stallSeconds: 60, openSeconds: 600 };
    expect(decideOverdue(job, since + 59_999, patience)).toBeUndefined();
    expect(decideOverdue(job, since + 60_000, patience)).toMatchObject({
      type: 'failing',
      reason: 'watermark_stalled',
    });
  });

  it.each([
    ['asked', [asked]],
    ['starting', [asked, requested, starting]],
    ['running', [asked, requested, starting, running]],
  ] as [string, ExportEvent[]][])('never stays %s forever', (status, events) => {
    const patience = { stallSeconds: 60, openSeconds: 600 };
    const job = given(...events);
    expect(decideOverdue(job, Date.parse(at) + 599_999, patience)).toBeUndefined();
    expect(decideOverdue(job, Date.parse(at) + 600_000, patience)).toMatchObject({
      type: 'failing',
      reason: 'timed_out',
      message: expect.stringContaining(status),
    });
  });

  it('has no bound once its end is decided, which only has to be recorded', () => {
    const patience = { stallSeconds: 0, openSeconds: 0 };
    const completing = given(asked, requested, starting, running, { type: 'completing', at, result });
    const failing = given(asked, { type: 'failing', at, reason: 'timed_out', message: 'm' });
    for (const job of [completing, failing])
      expect(decideOverdue(job, Date.parse(at) + 1e9, patience)).toBeUndefined();
  });

  it('tries again until so many queries have failed', () => {
    let job = given(asked, requested, starting, running);
    for (let failure = 1; failure < maxFailures; failure++) {
      expect(mayTryAgain(job)).toBe(true);
      const again = evolve(job, { ...starting, attempt: failure + 1 } as ExportEvent);
      expect(again.failures).toBe(failure);
      expect(queryToken(again, 0)).not.toBe(queryToken(job, 0));
      job = evolve(again, { ...running, attempt: failure + 1 } as ExportEvent);
    }
    expect(mayTryAgain(job)).toBe(false);
    const end = failing(at, 'query_failed', 'oh');
    expect(printJob(evolve(evolve(job, end), { type: 'failed', at }))).toMatchObject({
      status: 'failed',
      failure: { message: 'oh' },
    });
  });

  it('keeps the queries of the first slices that have the same statements in the next attempt', () => {
    const slice = (sql: string) => ({ sql, parameters: ['p'] });
    const slices = ['S', 'T', 'U'].map(slice);
    expect(queriesKept({ slices }, ['q', 'r'], slices)).toEqual(['q', 'r']);
    expect(queriesKept({ slices }, ['q', 'r'], ['S', 'X', 'U'].map(slice))).toEqual(['q']);
    expect(queriesKept({ slices }, ['q', 'r'], ['X', 'T', 'U'].map(slice))).toEqual([]);
    expect(queriesKept({ slices }, ['q', 'r'], [slice('S')])).toEqual(['q']);
    expect(queriesKept({ slices }, ['q'], [{ sql: 'S', parameters: ['other'] }])).toEqual([]);
  });

  it('finds the days of the segments that an error names', () => {
    const path = (day: string) =>
      `/data/buckets/views/segments/lane=late/bucket=07/date=${day}/0-01234567.parquet`;
    expect(segmentDaysNamed(`Error in "${path('2026-11-02')}" or ${path('2026-11-01')}: bad`)).toEqual([
      '2026-11-02',
      '2026-11-01',
    ]);
    expect(segmentDaysNamed('events/lane=late/bucket=07/date=2026-11-02/a.json.gz')).toEqual([]);
  });
});

describe('what a job does that waits', () => {
  const later = '2026-11-23T12:00:00.000000007Z';
  const filed = (times: Record<string, string>): Watermark => ({ sequence: '9', filed: times });
  const job = given(asked, requested);
  const run = { schedule_id: 's', n: 1, filed_from: null, filed_to: later };

  it('waits on while a bucket was not filed, or only before the end of its window', () => {
    expect(decideFreeze(job, [7, 8], [filed({ '07': at })])).toEqual({ step: 'wait' });
    expect(decideFreeze({ ...job, run }, [7], [filed({ '07': at })])).toEqual({ step: 'wait' });
  });

  it('marks the buckets that are behind once, and then waits for them', () => {
    const watermarks = [filed({ '07': at, '08': later })];
    expect(decideFreeze(job, [7, 8], watermarks)).toEqual({ step: 'mark', buckets: [7], reach: later });
    expect(decideFreeze({ ...job, reach: later }, [7, 8], watermarks)).toEqual({ step: 'wait' });
  });

  it('fixes the instant that its request names, if the log is complete up to there', () => {
    const watermarks = [filed({ '07': at, '08': later })];
    const asking = (complete_to: string) => ({ ...job, request: { ...job.request, complete_to } });
    for (const complete_to of [at, nextInstant(at), '2026-01-01T00:00:00.000000000Z'])
      expect(decideFreeze(asking(complete_to), [7, 8], watermarks)).toEqual({
        step: 'fix',
        completeTo: complete_to,
      });
    expect(decideFreeze(asking(later), [7, 8], watermarks)).toEqual({ step: 'wait' });
    expect(decideFreeze(asking(at), [9], watermarks)).toEqual({ step: 'wait' });
  });

  it('fixes what it holds: all that was filed by then, or up to the end of the window of its run', () => {
    expect(decideFreeze(job, [7], [filed({ '07': at })])).toEqual({ step: 'fix', completeTo: at });
    const past = filed({ '07': '2026-11-23T13:00:00.000000000Z' });
    expect(decideFreeze({ ...job, run }, [7], [past])).toEqual({ step: 'fix', completeTo: later });
  });
});
