import { describe, expect, it } from 'vitest';
import { sendAsFluentBit } from './fluent-bit.ts';
import { bad, named, startWithWire } from './installation.ts';
import { settingsOf, targetOf } from './settings.ts';

const target = targetOf('Fluent Bit');
const time = '2026-06-23T11:00:00.123456Z';
/** As the filter of the docs makes it: without an id, its time beside it. */
const record = (name: string, change = {}) => ({
  time,
  event: named(name, { id: undefined, occurred_at: undefined, ...change }),
});
const refused = { time, event: bad.replace(/"occurred_at":"[^"]*",/, '') };

describe('Fluent Bit', () => {
  it('has a good event stored once and a bad one kept once, by the settings of the docs', async () => {
    const { wire, keys, openItems, storedNames } = await startWithWire();
    const chunk = [record('a'), refused, record('b')];
    const outcome = await sendAsFluentBit(`${wire.url}${target}`, keys.emitter, chunk);
    expect(outcome).toEqual({ end: 'delivered', requests: 1 });
    expect(await storedNames()).toEqual(['a', 'b']);
    await expect.poll(openItems).toMatchObject([{ code: 'invalid_action', repeats: 0, kept: 'whole' }]);
  });

  it('doubles nothing without ids, since a chunk is resent unchanged', async () => {
    const { wire, keys, openItems, storedNames } = await startWithWire();
    wire.faults.push('lost', 503, 'lost');
    const chunk = [record('a'), refused, record('b')];
    const outcome = await sendAsFluentBit(`${wire.url}${target}`, keys.emitter, chunk);
    expect(outcome).toEqual({ end: 'delivered', requests: 4 });
    expect(await storedNames()).toEqual(['a', 'b']);
    await expect.poll(openItems).toMatchObject([{ code: 'invalid_action', repeats: 2 }]);
  });

  it('has two events of two chunks stored twice if the chunks are not equal to the byte', async () => {
    const { wire, keys, storedNames } = await startWithWire();
    const url = `${wire.url}${target}`;
    await sendAsFluentBit(url, keys.emitter, [record('a')]);
    await sendAsFluentBit(url, keys.emitter, [{ ...record('a'), time: '2026-06-23T11:00:00.123457Z' }]);
    await sendAsFluentBit(url, keys.emitter, [record('a')]);
    expect(await storedNames()).toEqual(['a', 'a']);
  });

  it('without refused=keep sends a chunk with one bad event forever, and doubles the good ones', async () => {
    const { wire, keys, storedNames } = await startWithWire();
    const chunk = [record('a'), refused];
    const outcome = await sendAsFluentBit(`${wire.url}/v1/events`, keys.emitter, chunk, { patience: 4 });
    expect(outcome).toEqual({ end: 'still trying', requests: 4 });
    expect(await storedNames()).toEqual(['a', 'a', 'a', 'a']);
  });

  it('with its own name for the time has every event refused, which the settings of the docs prevent', async () => {
    const { wire, keys, openItems } = await startWithWire();
    await sendAsFluentBit(`${wire.url}${target}`, keys.emitter, [record('a')], { dateKey: 'date' });
    await expect.poll(openItems).toMatchObject([{ code: 'unknown_member' }]);
    expect(settingsOf('Fluent Bit')).toContain('json_date_key: occurred_at');
  });
});
