import { describe, expect, it } from 'vitest';
import { isOpen } from '#domain/export/job.ts';
import { printJob } from '#domain/export/print-job.ts';
import {
  asked,
  at,
  given,
  requested,
  result,
  running,
  second,
  starting,
} from '#test/support/export-events.ts';

describe('the job of an export as the API answers it', () => {
  it('goes from the question to its file', () => {
    const job = given(
      asked,
      requested,
      starting,
      running,
      { type: 'completing', at, result },
      { type: 'succeeded', at },
    );
    expect(printJob(job)).toMatchObject({
      status: 'succeeded',
      scope_id: 'acme',
      ...result,
      complete_to: at,
    });
    expect(isOpen(job)).toBe(false);
    expect(job.version).toBe(6);
  });

  it('reports no result before it has succeeded', () => {
    const job = given(asked, requested, starting, running, { type: 'completing', at, result });
    expect(printJob(job)).not.toHaveProperty('rows');
    expect(isOpen(job)).toBe(true);
  });

  it('names its statuses by the words of the API, which are those of its stored events', () => {
    const { failing, ...steps } = {
      created: given(asked),
      waiting: given(asked, requested),
      planned: given(asked, requested, starting),
      running: given(asked, requested, starting, running),
      completing: given(asked, requested, starting, running, { type: 'completing', at, result }),
      failing: given(asked, { type: 'failing', at, reason: 'timed_out', message: 'm' }),
    };
    expect(Object.entries(steps).map(([status, job]) => [status, job.status, printJob(job).status])).toEqual([
      ['created', 'created', 'asked'],
      ['waiting', 'waiting', 'requested'],
      ['planned', 'planned', 'starting'],
      ['running', 'running', 'running'],
      ['completing', 'completing', 'completing'],
    ]);
    expect(printJob(failing).status).toBe('failing');
  });

  it('reports how many of its slices are done', () => {
    expect(printJob(given(asked, requested, starting))).toMatchObject({
      progress: { slices_done: 0, slices: 2 },
    });
    expect(printJob(given(asked, requested, starting, running))).toMatchObject({
      progress: { slices_done: 0, slices: 2 },
    });
    expect(printJob(given(asked, requested, starting, running, second))).toMatchObject({
      progress: { slices_done: 1, slices: 2 },
    });
  });
});
