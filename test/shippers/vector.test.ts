import { describe, expect, it } from 'vitest';
import { bad, named, startWithWire } from './installation.ts';
import { targetOf } from './settings.ts';
import { sendAsVector } from './vector.ts';

const target = targetOf('Vector');

describe('Vector', () => {
  it('has a good event stored once and a bad one kept once, by the settings of the docs', async () => {
    const { wire, keys, openItems, storedNames } = await startWithWire();
    const outcome = await sendAsVector(`${wire.url}${target}`, keys.emitter, [named('a'), bad, named('b')]);
    expect(outcome).toEqual({ end: 'delivered', requests: 1 });
    expect(wire.seen.map(({ status }) => status)).toEqual([200]);
    expect(await storedNames()).toEqual(['a', 'b']);
    await expect.poll(openItems).toMatchObject([{ code: 'invalid_action', repeats: 0, kept: 'whole' }]);
  });

  it('doubles nothing by sending a batch again after a lost answer and after a 503', async () => {
    const { wire, keys, openItems, storedNames } = await startWithWire();
    wire.faults.push('lost', 503, 'lost');
    const outcome = await sendAsVector(`${wire.url}${target}`, keys.emitter, [named('a'), bad]);
    expect(outcome).toEqual({ end: 'delivered', requests: 4 });
    expect(await storedNames()).toEqual(['a']);
    await expect.poll(openItems).toMatchObject([{ code: 'invalid_action', repeats: 2 }]);
  });

  it('has a batch of bad events, and a body that is not JSON at all, kept and ended', async () => {
    const { wire, keys, openItems } = await startWithWire();
    const url = `${wire.url}${target}`;
    expect(await sendAsVector(url, keys.emitter, [bad])).toEqual({ end: 'delivered', requests: 1 });
    expect(await sendAsVector(url, keys.emitter, ['nonsense'])).toEqual({ end: 'delivered', requests: 1 });
    await expect
      .poll(async () => (await openItems()).map(({ code }) => code).sort())
      .toEqual(['invalid_action', 'invalid_json']);
  });

  it('without refused=keep takes a 207 for all, and drops a batch that is refused', async () => {
    const { wire, keys } = await startWithWire();
    const url = `${wire.url}/v1/events`;
    expect(await sendAsVector(url, keys.emitter, [named('a'), bad])).toEqual({
      end: 'delivered',
      requests: 1,
    });
    expect(await sendAsVector(url, keys.emitter, [bad])).toEqual({ end: 'dropped', requests: 1 });
    expect(wire.seen.map(({ status }) => status)).toEqual([207, 422]);
  });
});
