import * as fs from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { collect, openBuckets } from '#test/support/world.ts';

vi.mock('node:fs/promises', async original => {
  const real = await original<typeof fs>();
  return { ...real, readdir: vi.fn(real.readdir), stat: vi.fn(real.stat) };
});

const nothing = Buffer.from('{}');
const open = async (keys: readonly string[]) => {
  const { state, root } = await openBuckets();
  for (const key of keys) await state.create(key, nothing);
  /** What a list gives, the folders that it read, and how many objects it looked at. */
  const list = async (...question: Parameters<typeof state.list>) => {
    const { readdir, stat } = vi.mocked(fs);
    readdir.mockClear();
    stat.mockClear();
    const found = (await collect(state.list(...question))).map(({ key }) => key);
    const folders = readdir.mock.calls.map(([path]) => String(path).slice(`${root}/buckets/state`.length));
    return { found, folders, looks: stat.mock.calls.length };
  };
  return { list };
};

describe('a list of the embedded buckets', () => {
  it('reads the folder of its prefix, whatever is beside it', async () => {
    const jobs = Array.from({ length: 40 }, (_, n) => `exports/${n}/0.json`);
    const { list } = await open([...jobs, 'admins/a/b.json', 'schedules/a/b/0.json', 'exports/7/1.json']);
    expect(await list('exports/7/')).toEqual({
      found: ['exports/7/0.json', 'exports/7/1.json'],
      folders: ['/exports/7/'],
      looks: 2,
    });
    expect((await list('exports/none/')).folders).toEqual(['/exports/none/']);
    expect((await list('exports/3')).folders).toHaveLength(1 + 11);
  });

  it('reads no folder before the key that it starts after', async () => {
    const { list } = await open(['a/1/x', 'a/2/x', 'a/3/x', 'a/3/y', 'b/1']);
    expect(await list('', 'a/3/x')).toEqual({
      found: ['a/3/y', 'b/1'],
      folders: ['', '/a/', '/a/3/', '/b/'],
      // Two files, and the folder of folds.
      looks: 3,
    });
  });

  it('looks at only as many objects as are requested', async () => {
    const { list } = await open(Array.from({ length: 60 }, (_, n) => `p/${n + 10}`));
    const { found, looks } = await list('p/', 'p/20', 5);
    expect(found).toEqual(['p/21', 'p/22', 'p/23', 'p/24', 'p/25']);
    expect(looks).toBe(5);
    expect((await list('p/', undefined, 0)).found).toEqual([]);
  });

  it('gives what sorting all keys gives, for any prefix, and nothing outside of its bucket', async () => {
    const part = fc.constantFrom('a', 'b', 'a.b', 'é', '🦩', '\uff5e');
    const key = fc.array(part, { minLength: 1, maxLength: 3 }).map(parts => [...parts, 'o'].join('/'));
    const prefix = fc.oneof(
      fc.tuple(key, fc.nat(8)).map(([text, length]) => [...text].slice(0, length).join('')),
      fc.constantFrom(
        '../',
        '../ledger/',
        'a/../',
        '/',
        'a//',
        './',
        'a/\u0000/',
        'a\\',
        `${'x'.repeat(300)}/`,
      ),
    );
    const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { maxLength: 12 }),
        prefix,
        fc.oneof(key, fc.constant('')),
        async (keys, wanted, after) => {
          const { state, ledger } = await openBuckets();
          await ledger.create('secret', nothing);
          for (const each of keys) await state.create(each, nothing);
          expect((await collect(state.list(wanted, after))).map(found => found.key)).toEqual(
            keys.filter(each => each.startsWith(wanted) && compare(each, after) > 0).sort(compare),
          );
        },
      ),
      { numRuns: 60 },
    );
  });
});
