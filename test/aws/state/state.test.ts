import { describe, expect, it } from 'vitest';
import { NotRecordable, type SelfAudit } from '#aws/self-audit.ts';
import { Admins } from '#aws/state/admins.ts';
import { ExportJobs } from '#aws/state/export-jobs.ts';
import { Schedules } from '#aws/state/schedules.ts';
import type { AdminChange, AdminRecord } from '#domain/access/admin.ts';
import { adminKey } from '#domain/access/layout.ts';
import { allExportsPrefix, exportEventKey, exportsOfScopePrefix } from '#domain/export/layout.ts';
import { scheduleDueKey } from '#domain/schedule/layout.ts';
import type { Definition } from '#domain/schedule/schedule.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { countingBucket } from '#test/support/counting-client.ts';
import { collect } from '#test/support/world.ts';

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const at = (n: number) => instantOfMilliseconds(Date.parse('2026-11-23T12:00:00Z') + n);

describe('what a look at the jobs costs', () => {
  const open = async (jobs: number) => {
    const { state, put, cost } = countingBucket();
    const store = new ExportJobs(state);
    for (let n = 0; n < jobs; n++)
      await store.ask({
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
    put(exportEventKey(uuid(7), 1), { type: 'requested', at: at(0), heartbeats: [] });
    const { result, lists, keysListed, gets } = await cost(() => store.get(uuid(7)));
    expect(result).toMatchObject({ status: 'requested' });
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
      put(exportEventKey(uuid(0), n), {
        type: 'requested',
        at: at(n),
        heartbeats: [{ bucket: n, stream: 's', shard: 'h', sequence: '1' }],
      });
    const { result, mostAtOnce } = await cost(() => store.get(uuid(0)));
    expect(result).toMatchObject({ version: 200, heartbeats: [{ bucket: 199 }] });
    expect(mostAtOnce).toBeLessThanOrEqual(16);
  });
});

describe('what a look at the admins costs', () => {
  const open = (admins: number) => {
    const { state, put, stored, cost } = countingBucket();
    for (let n = 0; n < admins; n++)
      put(adminKey('acme', `u-${n}`), {
        scope_id: 'acme',
        user_id: `u-${n}`,
        is_admin: n % 5 !== 0,
        changed_at: at(0),
        changed_by: 'p',
        intent: null,
      } satisfies AdminRecord);
    put(adminKey('other', 'u-1'), {});
    return { state, stored, cost };
  };
  const admins = (state: ReturnType<typeof open>['state'], record = async () => undefined) =>
    new Admins(state, { record } as unknown as SelfAudit);

  it('is a page, and every admin is on one of them, once; those who were revoked are on none', async () => {
    const { state, cost } = open(1000);
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await cost(() => admins(state).page('acme', 300, cursor));
      found.push(...page.result.admins.map(({ user_id }) => user_id));
      expect(page.lists).toBe(1);
      expect(page.gets).toBeLessThanOrEqual(300);
      expect(page.keysListed).toBeLessThanOrEqual(301);
      expect(page.mostAtOnce).toBeLessThanOrEqual(16);
      cursor = page.result.cursor;
    } while (cursor !== undefined);
    expect(found).toHaveLength(800);
    expect(new Set(found).size).toBe(800);
    expect(found).not.toContain('u-5');
  });

  it('is for one change the record of that user, and one that the log can never hold is not made', async () => {
    const { state, stored, cost } = open(100);
    const grant: AdminChange = { id: uuid(1), type: 'grant', at: at(1), role: 'operator', principal: 'p' };
    const refusing = admins(state, () => Promise.reject(new NotRecordable({ cause: 'x' })));
    await expect(refusing.change('acme', 'u-new', grant)).rejects.toThrow(NotRecordable);
    expect(await refusing.applyAll()).toEqual([]);
    expect([...stored.keys()].filter(key => key.startsWith('admin-changes-open/'))).toEqual([]);
    const { result, lists, gets } = await cost(() =>
      admins(state).change('acme', 'u-new', { ...grant, id: uuid(2) }),
    );
    expect(result).toMatchObject({ is_admin: true, intent: null });
    expect([lists, gets]).toEqual([0, 3]);
  });
});

describe('what a look at the schedules costs', () => {
  const definition: Definition = {
    every: 'daily',
    at: '06:00',
    time_zone: 'UTC',
    requested_by: 'u-1',
    paused: false,
  };
  const open = async (schedules: number) => {
    const { state, put, cost } = countingBucket();
    const store = new Schedules(state);
    for (let n = 0; n < schedules; n++) {
      const schedule = await store.append(undefined, {
        type: 'changing',
        at: at(n),
        scope_id: 'acme',
        id: `s-${n}`,
        kind: 'create',
        definition,
        by: null,
      });
      await store.append(schedule, { type: 'changed', at: at(n) });
    }
    return { store, put, cost };
  };

  it('grows with the page that is asked for', async () => {
    const { store, cost } = await open(120);
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await cost(() => store.page('acme', 50, cursor));
      found.push(...page.result.schedules.map(({ id }) => id));
      expect(page.gets).toBe(page.result.schedules.length * 2);
      expect(page.lists).toBeLessThanOrEqual(51 + 50);
      expect(page.keysListed).toBeLessThanOrEqual(51 + 100);
      expect(page.mostAtOnce).toBeLessThanOrEqual(64);
      cursor = page.result.cursor;
    } while (cursor !== undefined);
    expect(new Set(found).size).toBe(120);
    expect(found).toHaveLength(120);
    expect((await store.page('none', 50, undefined)).schedules).toEqual([]);
  });

  it('reads a few of those to come, and all that are due', async () => {
    const { state, put, cost } = countingBucket();
    for (let n = 0; n < 700; n++) put(scheduleDueKey(at(n), 'acme', `s-${n}`), {});
    const due = (until: string) => cost(() => collect(new Schedules(state).due(until)));
    const none = await due(at(-1));
    expect([none.result.length, none.lists, none.keysListed]).toEqual([0, 1, 100]);
    const some = await due(at(249));
    expect(some.result.map(({ at: time }) => time)).toEqual(Array.from({ length: 250 }, (_, n) => at(n)));
    expect(some.keysListed).toBe(300);
    expect((await due(at(10_000))).result).toHaveLength(700);
  });
});
