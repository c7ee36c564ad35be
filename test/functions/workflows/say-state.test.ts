import { describe, expect, it } from 'vitest';
import { withFailure, withSuccess } from '#domain/deliver/progress.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { sayState } from '#functions/workflows/say-state.ts';
import { openDeliverWorld } from '#test/support/deliver-world.ts';

const from = '2026-11-26T10:00:00.000000000Z';

describe('the state of a delivery in the log', () => {
  it('is said at most once an hour for each kind, with how often it came', async () => {
    const { create, start, audited, told, clock } = await openDeliverWorld();
    const delivery = await create('siem', { from });
    const { world } = start();
    const say = async () => {
      const stored = (await world.work.progress(delivery))!;
      const when = { nowMs: clock.ms, resumes: 0, random: 0 };
      const failed = withFailure(stored.progress, { code: 'timed_out' }, when);
      await world.work.put(delivery, failed, stored.etag);
      await sayState(world, delivery, (await world.work.progress(delivery))!);
      const again = (await world.work.progress(delivery))!;
      const at = instantOfMilliseconds(clock.ms);
      await world.work.put(delivery, { ...withSuccess(again.progress, at), unsaid: null }, again.etag);
      clock.ms += 20 * 60_000;
    };
    for (let n = 0; n < 5; n++) await say();
    const said = audited.filter(({ action }) => action === 'delivery.fail');
    expect(said.map(({ payload }) => payload.times)).toEqual([1, 3]);
    const failing = told.map(({ notification }) => notification.message as { event: string; times: number });
    expect(failing.filter(({ event }) => event === 'delivery.failing').map(({ times }) => times)).toEqual([
      1, 3,
    ]);
  });

  it('is said later if the log does not take it now', async () => {
    const { create, start } = await openDeliverWorld();
    const delivery = await create('siem', { from });
    const selfAudit = { record: async () => Promise.reject(new Error('down')) } as never;
    const { world } = start({ selfAudit });
    const stored = (await world.work.progress(delivery))!;
    const failed = withFailure(stored.progress, { code: 'timed_out' }, { nowMs: 0, resumes: 0, random: 0 });
    await world.work.put(delivery, failed, stored.etag);
    await sayState(world, delivery, (await world.work.progress(delivery))!);
    expect((await world.work.progress(delivery))!.progress.unsaid).toMatchObject({ kind: 'fail' });
  });

  it('is said later if nobody can be told of it now, under the same ids', async () => {
    const { create, start, audited, told } = await openDeliverWorld();
    const delivery = await create('siem', { from });
    const unavailable = start({ tell: () => Promise.reject(new Error('down')) }).world;
    const stored = (await unavailable.work.progress(delivery))!;
    const failed = withFailure(stored.progress, { code: 'timed_out' }, { nowMs: 0, resumes: 0, random: 0 });
    await unavailable.work.put(delivery, failed, stored.etag);
    await sayState(unavailable, delivery, (await unavailable.work.progress(delivery))!);
    const { world } = start();
    await sayState(world, delivery, (await world.work.progress(delivery))!);
    const events = audited.filter(({ action }) => action === 'delivery.fail');
    expect(events).toHaveLength(2);
    expect(events[0]!.id).toBe(events[1]!.id);
    expect(told.map(({ notification }) => notification.message)).toMatchObject([
      { event: 'delivery.created' },
      { event: 'delivery.failing' },
    ]);
    expect((await world.work.progress(delivery))!.progress.unsaid).toBeNull();
  });
});
