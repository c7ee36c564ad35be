import { describe, expect, it } from 'vitest';
import { EventLog } from '#aws/state/event-log.ts';
import { collect, openBuckets } from '#test/support/world.ts';

type Added = { type: string; at: string; n: number };
type Sum = { version: number; total: number };
const sum = (before: Sum | undefined, { n }: Added): Sum => ({
  version: (before?.version ?? 0) + 1,
  total: (before?.total ?? 0) + n,
});
const added = (n: number): Added => ({ type: 'added', at: '', n });

describe('the events of an aggregate', () => {
  const open = async () => {
    const { state, root } = await openBuckets();
    // As an earlier release wrote them.
    for (const n of [0, 1, 2])
      await state.create(`sums/a/0000000${n}.json`, Buffer.from(JSON.stringify(added(10 ** n))));
    const log = new EventLog<Sum, Added>(state, { evolve: sum, cure: 'Restore it' });
    const get = () => log.get('sums/a/');
    return { state, log, get, path: (n: number) => `${root}/buckets/state/sums/a/0000000${n}.json` };
  };

  it('are folded in their order; other objects beside them are ignored', async () => {
    const { state, get, log } = await open();
    await state.create('sums/a/00000000.json~', Buffer.from('an old copy'));
    expect(await get()).toEqual({ version: 3, total: 111 });
    expect(await log.get('sums/b/')).toBeUndefined();
  });

  it('are appended one after another; of two at once, one is appended', async () => {
    const { state, log, get } = await open();
    const first = (await log.append('sums/b/', undefined, added(1)))!;
    expect(first).toEqual({ version: 1, total: 1 });
    const both = await Promise.all([3, 5].map(n => log.append('sums/b/', first, added(n))));
    expect(both.filter(next => next === undefined)).toHaveLength(1);
    expect(await log.get('sums/b/')).toEqual(both.find(next => next !== undefined));
    expect((await collect(state.list('sums/b/'))).map(({ key }) => key)).toEqual([
      'sums/b/00000000.json',
      'sums/b/00000001.json',
    ]);
    expect(await log.append('sums/a/', undefined, added(7))).toBeUndefined();
    expect(await get()).toEqual({ version: 3, total: 111 });
  });

  it('are found page by page, also those whose folders begin alike, and beside one that cannot be read', async () => {
    const { state, log } = await open();
    for (const name of ['a-1', 'a0', 'b']) await log.append(`sums/${name}/`, undefined, added(name.length));
    await state.create('sums/bad/00000001.json', Buffer.from('{}'));
    await state.create('summary/c/00000000.json', Buffer.from('{}'));
    const totals: number[] = [];
    const unreadable: string[] = [];
    const cursors: (string | undefined)[] = [];
    let cursor: string | undefined;
    do {
      const page = await log.page('sums/', 2, cursor);
      totals.push(...page.found.map(({ total }) => total));
      unreadable.push(...page.unreadable.map(({ message }) => message));
      cursor = page.cursor;
      cursors.push(cursor);
    } while (cursor !== undefined);
    expect(totals).toEqual([3, 111, 2, 1]);
    expect(unreadable).toEqual([expect.stringContaining('sums/bad/00000000.json cannot be read')]);
    expect(cursors).toEqual(['a', 'b', undefined]);
    expect(await log.page('sums/', 2, 'bad')).toEqual({ found: [], unreadable: [], cursor: undefined });
  });

  it.each([0, 1])('are unreadable without the one of number %d, and not another aggregate', async n => {
    const { state, get, path } = await open();
    await state.delete(`sums/a/0000000${n}.json`);
    await expect(get()).rejects.toThrow(
      `The record ${path(n)} cannot be read: it is missing, and a later one is there. Restore it`,
    );
  });

  it('are unreadable if they cannot follow one another', async () => {
    const { state } = await open();
    const failing = () => {
      throw new Error('In an export "failed" cannot follow "asked"');
    };
    await expect(new EventLog(state, { evolve: failing, cure: 'Restore it' }).get('sums/a/')).rejects.toThrow(
      /sums\/a cannot be read: In an export "failed" cannot follow "asked"\. Restore it/,
    );
  });
});
