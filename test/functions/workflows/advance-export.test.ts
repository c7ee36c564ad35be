import { describe, expect, it } from 'vitest';
import { ExportJobs } from '#aws/state/export-jobs.ts';
import { advanceExport } from '#functions/workflows/advance-export.ts';
import { asked, at, exportId, openExports } from '#test/support/export-world.ts';
import { collect } from '#test/support/world.ts';

describe('an export that is advanced', () => {
  it.each<[string, object, string]>([
    ['a scope that is not a name', { request: { scope_id: 'a\ud800' } }, 'not_recordable'],
    ['a scope of no characters', { request: { scope_id: '' } }, 'not_recordable'],
    [
      'a filter that no query can hold',
      { request: { scope_id: 'acme', filter: { request_id: 'a\u0000' } } },
      'query_failed',
    ],
    [
      'half of a character in its filter',
      { request: { scope_id: 'acme', filter: { target: '\udc00' } } },
      '',
    ],
    ['half of a character in its reason', { request: { scope_id: 'acme', reason: '\ud83e' } }, ''],
    ['half of a character in its requester', { request: { scope_id: 'acme', requested_by: '\ud83e' } }, ''],
    ['half of a character in who asked', { principal: '\ud83e' }, ''],
    ['nobody who asked', { principal: '' }, 'not_recordable'],
  ])('ends, and is no longer looked at, with %s', async (_, change, reason) => {
    const { world, tickOnce, fileAll, clock } = await openExports();
    await world.jobs.create({ ...asked(), ...change });
    for (let n = 0; n < 3; n++) {
      await tickOnce();
      await fileAll();
      clock.ms += 61_000;
    }
    const job = (await world.jobs.get(exportId))!;
    expect(await collect(world.jobs.active())).toEqual([]);
    // What the log can hold after all succeeds.
    expect(['failed', ...(reason === '' ? ['succeeded'] : [])]).toContain(job.status);
    if (reason !== '') expect(job.failure).toEqual({ reason, message: expect.any(String) });
    await tickOnce();
  });

  it('is advanced by tick from wherever a crash left it, and starts no query twice', async () => {
    const { tickOnce, world, started, fileAll, state } = await openExports();
    await world.jobs.create(asked());
    await tickOnce();
    await fileAll();
    // A crash after Athena has taken the query, before that was recorded.
    const crashing = {
      ...world,
      jobs: Object.assign(new ExportJobs(state), { append: async () => Promise.reject(new Error('crash')) }),
    };
    const requested = (await world.jobs.get(exportId))!;
    const starting = await world.jobs.append(requested, {
      type: 'starting',
      at,
      attempt: 1,
      slices: [{ sql: 'S', parameters: [] }],
      complete_to: at,
      done: [],
    });
    expect(starting?.status).toBe('planned');
    await expect(advanceExport(crashing, exportId, 'api')).rejects.toThrow('crash');
    expect((await advanceExport(world, exportId, 'query-ended'))?.status).toBe('succeeded');
    expect(started).toHaveLength(1);
  });
});
