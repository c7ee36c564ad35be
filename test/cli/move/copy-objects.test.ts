import { describe, expect, it } from 'vitest';
import { createMissing, inBatches, makeSame, missingObjects } from '#cli/move/copy-objects.ts';
import { collect, openBuckets } from '#test/support/world.ts';

const open = async (from: Record<string, string>, to: Record<string, string>) => {
  const { ledger, state } = await openBuckets();
  for (const [key, text] of Object.entries(from)) await ledger.create(key, Buffer.from(text));
  for (const [key, text] of Object.entries(to)) await state.create(key, Buffer.from(text));
  const read = async () => {
    const texts: Record<string, string> = {};
    for await (const { key } of state.list('')) texts[key] = (await state.get(key))!.bytes.toString();
    return texts;
  };
  return { from: ledger, to: state, read };
};

describe('copying objects', () => {
  it('creates what is missing and leaves what is there', async () => {
    const { from, to, read } = await open(
      { 'a/1': '1', 'a/2': '2', 'b/3': '3' },
      { 'a/2': 'other', 'a/9': '9' },
    );
    let copied = 0;
    await createMissing({ from, to }, 'a/', objects => {
      copied += objects;
    });
    expect([copied, await read()]).toEqual([1, { 'a/1': '1', 'a/2': 'other', 'a/9': '9' }]);
    expect((await collect(missingObjects(from, to, ''))).map(({ key }) => key)).toEqual(['b/3']);
  });

  it('makes what is wanted the same, and leaves the rest', async () => {
    const { from, to, read } = await open({ a: '1', b: '2', c: '3' }, { b: 'other', d: '4' });
    let copied = 0;
    await makeSame(
      { from, to },
      key => key !== 'c',
      objects => {
        copied += objects;
      },
    );
    expect([copied, await read()]).toEqual([2, { a: '1', b: '2', d: '4' }]);
  });

  it('says who is in the way if something is written meanwhile', async () => {
    const { from, to } = await open({ a: '1' }, { a: 'x' });
    const racing = Object.assign(Object.create(to) as typeof to, {
      get: (key: string) => to.get(key),
      placeOf: (key: string) => to.placeOf(key),
      replace: async () => false,
    });
    await expect(
      makeSame(
        { from, to: racing },
        () => true,
        () => undefined,
      ),
    ).rejects.toThrow('Somebody else writes');
  });

  it('goes in batches', async () => {
    async function* numbers() {
      for (let n = 0; n < 1001; n++) yield n;
    }
    expect((await collect(inBatches(numbers()))).map(batch => batch.length)).toEqual([500, 500, 1]);
  });
});
