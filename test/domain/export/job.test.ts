import { describe, expect, it } from 'vitest';
import { type ExportEvent, evolve } from '#domain/export/job.ts';
import { selfAuditEventOf } from '#domain/export/job-audit-event.ts';
import { queryToken } from '#domain/export/job-decisions.ts';
import { asked, at, given, requested, running, starting } from '#test/support/export-events.ts';

describe('the job of an export', () => {
  it.each([
    [[requested]],
    [[asked, asked]],
    [[asked, running]],
    [[asked, requested, starting, running, { type: 'succeeded', at }]],
  ] as [ExportEvent[]][])('does not happen in another order', events => {
    expect(() => given(...events)).toThrow();
  });

  it('is requested again if it failed, by whoever retries it, and with other tokens and files', () => {
    const failed = given(
      asked,
      requested,
      starting,
      running,
      { type: 'failing', at, reason: 'query_failed', message: 'm' },
      { type: 'failed', at },
    );
    const retried = evolve(failed, { type: 'retried', at, role: 'operator', principal: 'o' });
    expect(retried).toMatchObject({
      status: 'created',
      retries: 1,
      failures: 0,
      failure: undefined,
      principal: 'o',
    });
    expect(selfAuditEventOf(retried).id).not.toBe(selfAuditEventOf(given(asked)).id);
    const again = evolve(evolve(retried, requested), {
      ...starting,
      attempt: retried.attempt + 1,
    } as ExportEvent);
    expect(queryToken(again, 0)).not.toBe(queryToken(given(asked, requested, starting), 0));
  });
});
