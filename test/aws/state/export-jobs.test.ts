import { describe, expect, it } from 'vitest';
import { ExportJobs } from '#aws/state/export-jobs.ts';
import { allExportsPrefix, exportPrefix, exportsOfScopePrefix } from '#domain/export/layout.ts';
import { eventKey } from '#domain/object-key.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { countingBucket } from '#test/support/counting-client.ts';

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const at = (n: number) => instantOfMilliseconds(Date.parse('2026-11-23T12:00:00Z') + n);

describe('reading export jobs', () => {
  const open = async (jobs: number) => {
    const { state, put, cost } = countingBucket();
    const store = new ExportJobs(state);
    for (let n = 0; n < jobs; n++)
      await store.create({
        type: 'asked',
        at: at(n),
        id: uuid(n),
        request: { scope_id: n % 10 === 0 ? 'acme' : 'other' },
        role: 'support',
        principal: 'p',
        body_sha256: 'h',
      });
    return { store, put, cost };
  };

  it('is one list and its events for a job, however many others there are', async () => {
    const { store, put, cost } = await open(200);
    put(eventKey(exportPrefix(uuid(7)), 1), { type: 'requested', at: at(0), heartbeats: [] });
    const { result, lists, keysListed, gets } = await cost(() => store.get(uuid(7)));
    expect(result).toMatchObject({ status: 'waiting' });
    expect({ lists, keysListed, gets }).toEqual({ lists: 1, keysListed: 2, gets: 2 });
  });

  it('grows with the page that is asked for, and not with the jobs', async () => {
    for (const jobs of [100, 300]) {
      const { store, cost } = await open(jobs);
      const page = (cursor?: string) => cost(() => store.page(allExportsPrefix, 50, cursor));
      const { result, mostAtOnce, ...first } = await page();
      expect(result.jobs.map(({ id }) => id)).toEqual(
        Array.from({ length: 50 }, (_, n) => uuid(jobs - 1 - n)),
      );
      expect(first).toEqual({ lists: 51, keysListed: 51 + 50, gets: 50 });
      expect(mostAtOnce).toBeLessThanOrEqual(16);
      const second = await page(result.cursor);
      expect(second.result.jobs[0]!.id).toBe(uuid(jobs - 51));
      expect(second.lists).toBe(51);
      const ofScope = await cost(() => store.page(exportsOfScopePrefix('acme'), 50, undefined));
      expect(ofScope).toMatchObject({ lists: 1 + jobs / 10, gets: jobs / 10 });
    }
  });

  it('reads a few events of a long job at once', async () => {
    const { store, put, cost } = await open(1);
    for (let n = 1; n < 200; n++)
      put(eventKey(exportPrefix(uuid(0)), n), {
        type: 'requested',
        at: at(n),
        heartbeats: [{ bucket: n, stream: 's', shard: 'h', sequence: '1' }],
      });
    const { result, mostAtOnce } = await cost(() => store.get(uuid(0)));
    expect(result).toMatchObject({ version: 200, heartbeats: [{ bucket: 199 }] });
    expect(mostAtOnce).toBeLessThanOrEqual(16);
  });
});
