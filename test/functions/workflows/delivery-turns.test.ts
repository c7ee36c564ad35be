import { describe, expect, it } from 'vitest';
import { type Asked, DeliveryTurns } from '#functions/workflows/delivery-turns.ts';

/** Turns that end when a test says so. */
const open = () => {
  const turns = new DeliveryTurns();
  const running = new Map<string, (end: 'done' | 'again') => void>();
  const begun: string[] = [];
  const missed: string[] = [];
  const failing = new Set<string>();
  const asked = (key: string, host = key): Asked => ({
    key,
    host,
    isFailing: () => failing.has(key),
    turn: () => {
      begun.push(key);
      return new Promise(resolve => running.set(key, resolve));
    },
    missed: () => void missed.push(key),
  });
  const end = async (key: string, how: 'done' | 'again' = 'done') => {
    running.get(key)!(how);
    await new Promise(resolve => setImmediate(resolve));
  };
  return { turns, begun, missed, failing, asked, end };
};
const names = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}${n}`);

describe('the turns of deliveries', () => {
  it('are so many at once, in the order in which they were asked for', async () => {
    const { turns, begun, asked, end } = open();
    const all = names('d', DeliveryTurns.atOnce + 2);
    void turns.give(all.map(key => asked(key)));
    expect(begun).toEqual(all.slice(0, DeliveryTurns.atOnce));
    await end('d3');
    expect(begun.at(-1)).toBe(`d${DeliveryTurns.atOnce}`);
  });

  it('are fewer for one host, and those that fail share a few places', async () => {
    const { turns, begun, failing, asked, end } = open();
    for (const key of names('f', 10)) failing.add(key);
    void turns.give([
      ...names('f', 10).map(key => asked(key)),
      ...names('h', 10).map(key => asked(key, 'host')),
      asked('other'),
    ]);
    expect(begun).toEqual([...names('f', 4), ...names('h', 4), 'other']);
    await end('f2');
    expect(begun.at(-1)).toBe('f4');
    await end('h0');
    expect(begun.at(-1)).toBe('h4');
  });

  it('that hang hold up no later call', async () => {
    const { turns, begun, failing, asked, end } = open();
    for (const key of names('f', 50)) failing.add(key);
    const all = [...names('f', 50), 'a', 'b'].map(key => asked(key));
    void turns.give(all);
    await end('a');
    await end('b');
    void turns.give(all);
    expect(begun).toEqual([...names('f', 4), 'a', 'b', 'a', 'b']);
  });

  it('are given once to each that waits, and each that had one is told what it missed', async () => {
    const { turns, begun, missed, asked, end } = open();
    const first = turns.give([asked('a')]);
    await turns.give([asked('a')]);
    expect(begun).toEqual(['a']);
    await end('a');
    await first;
    expect(missed).toEqual(['a']);
    const again = turns.give([asked('a')]);
    await end('a');
    await again;
    expect([begun, missed]).toEqual([['a', 'a'], ['a']]);
  });

  it('come again in another kind of place, before the call ends', async () => {
    const { turns, begun, failing, asked, end } = open();
    let hasEnded = false;
    const given = turns.give([asked('a')]).then(() => {
      hasEnded = true;
    });
    failing.add('a');
    await end('a', 'again');
    expect([begun, hasEnded]).toEqual([['a', 'a'], false]);
    await end('a');
    await given;
  });

  it('are the ones that were asked for last, in the place of the first', async () => {
    const { turns, begun, failing, asked, end } = open();
    for (const key of names('f', 6)) failing.add(key);
    void turns.give(names('f', 6).map(key => asked(key)));
    const turned: string[] = [];
    const newer = (key: string): Asked => ({
      ...asked(key),
      turn: async () => {
        turned.push(key);
        return 'done';
      },
    });
    // One that waits, and one that waits again after the turn that it has.
    await turns.give([newer('f5'), newer('f4'), newer('f0')]);
    await end('f0', 'again');
    await end('f1');
    expect(begun).toEqual(names('f', 4));
    expect(turned).toEqual(['f4', 'f5', 'f0']);
  });

  it('end if one throws, as others do', async () => {
    const { turns, asked } = open();
    await turns.give([{ ...asked('a'), turn: () => Promise.reject(new Error('down')) }]);
    await turns.give([{ ...asked('a'), turn: async () => 'done' }]);
  });
});
