import { describe, expect, it } from 'vitest';
import { Schedules } from '#aws/state/schedules.ts';
import { scheduleDueKey } from '#domain/schedule/layout.ts';
import type { Definition } from '#domain/schedule/schedule.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { countingBucket } from '#test/support/counting-client.ts';
import { collect } from '#test/support/world.ts';

const at = (n: number) => instantOfMilliseconds(Date.parse('2026-11-23T12:00:00Z') + n);

describe('reading schedules', () => {
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
