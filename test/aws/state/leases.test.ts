import { describe, expect, it } from 'vitest';
import { Leases } from '#aws/state/leases.ts';
import { openBuckets } from '#test/support/world.ts';

const key = 'leases/a.json';

describe('a lease', () => {
  const open = async () => {
    const { results } = await openBuckets();
    const clock = { ms: 1000 };
    return { results, clock, leases: new Leases(results, () => clock.ms) };
  };

  it('is held by one at a time, until it ends or is given back', async () => {
    const { leases, clock } = await open();
    const lease = (await leases.take(key, 60))!;
    expect(lease).toEqual({ key, holder: expect.any(String) });
    expect(await leases.take(key, 60)).toBeUndefined();
    await leases.giveBack(lease);
    expect(await leases.take(key, 60)).toBeDefined();
    clock.ms += 60;
    expect(await leases.take(key, 60)).toBeDefined();
  });

  it('that ended and was taken by another is not given back by its first holder', async () => {
    const { leases, clock } = await open();
    const first = (await leases.take(key, 60))!;
    clock.ms += 60;
    const second = (await leases.take(key, 60))!;
    expect(second.holder).not.toBe(first.holder);
    await leases.giveBack(first);
    expect(await leases.take(key, 60)).toBeUndefined();
    await leases.giveBack(second);
    expect(await leases.take(key, 60)).toBeDefined();
  });

  it('of two who take it at once, is taken by one', async () => {
    const { leases } = await open();
    const taken = await Promise.all([leases.take(key, 60), leases.take(key, 60)]);
    expect(taken.filter(lease => lease !== undefined)).toHaveLength(1);
  });

  it('of an earlier release names no holder, and holds until it ends', async () => {
    const { results, leases, clock } = await open();
    await results.create(key, Buffer.from('{"until":1060}'));
    expect(await leases.take(key, 60)).toBeUndefined();
    clock.ms += 60;
    expect(await leases.take(key, 60)).toBeDefined();
  });

  it('that is damaged counts as free', async () => {
    const { results, leases } = await open();
    await results.create(key, Buffer.from('{"until":9'));
    expect(await leases.take(key, 60)).toBeDefined();
    expect(await leases.take(key, 60)).toBeUndefined();
  });
});
