import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '#test/support/temporary.ts';
import { cached, cacheFolder } from './cache.ts';

const put = (text: string) => (folder: string) => writeFile(join(folder, 'thing'), text);

describe('the cache of the conformance suites', () => {
  it('lies where its variable says, or in the cache of the user', () => {
    expect(cacheFolder({ ANNALS_CONFORMANCE_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
    expect(cacheFolder({ XDG_CACHE_HOME: '/b' })).toBe('/b/annals-conformance');
    expect(cacheFolder({})).toMatch(/\/\.cache\/annals-conformance$/);
  });

  it('fetches a version once', async () => {
    const cache = await temporaryDirectory();
    const home = await cached('x', '1', put('first'), { cache });
    expect(home).toBe(join(cache, 'x-1'));
    expect(await cached('x', '1', put('second'), { cache })).toBe(home);
    expect(await readFile(join(home, 'thing'), 'utf8')).toBe('first');
    await cached('x', '2', put('second'), { cache });
    expect((await readdir(cache)).sort()).toEqual(['x-1', 'x-2']);
  });

  it('is never inside the checkout', () => {
    for (const name of ['.cache', 'test/conformance', '.'])
      expect(() => cacheFolder({ ANNALS_CONFORMANCE_CACHE: name })).toThrow('is inside the checkout');
  });

  it('tries again what failed, from an empty folder, and in the end throws the last error', async () => {
    const cache = await temporaryDirectory();
    const found: string[][] = [];
    const failing = (times: number) => async (folder: string) => {
      found.push(await readdir(folder));
      await put('part')(folder);
      if (found.length <= times) throw new Error(`The connection was closed ${found.length} times`);
    };
    await cached('x', '1', failing(2), { cache, pauses: [0, 0] });
    expect(found.splice(0)).toEqual([[], [], []]);
    await expect(cached('x', '2', failing(3), { cache, pauses: [0, 0] })).rejects.toThrow('closed 3 times');
    expect(await readdir(cache)).toEqual(['x-1']);
  });

  it('fetches a truncated file again, and removes the partial one', async () => {
    const cache = await temporaryDirectory();
    const cut = async (folder: string) => {
      await put('half')(folder);
      throw new Error('The connection was closed');
    };
    await expect(cached('x', '1', cut, { cache, pauses: [] })).rejects.toThrow('The connection was closed');
    expect(await readdir(cache)).toEqual([]);
    // No process has such an id, and no run that was killed removes anything.
    await mkdir(join(cache, '.99999999-x-1'));
    await mkdir(join(cache, 'x-1'));
    const home = await cached('x', '1', put('whole'), { cache });
    expect(await readFile(join(home, 'thing'), 'utf8')).toBe('whole');
    expect(await readdir(cache)).toEqual(['x-1']);
  });

  it('keeps what another run completed meanwhile, and leaves alone what that is filling', async () => {
    const cache = await temporaryDirectory();
    const others = join(cache, `.${process.ppid}-y-1`);
    await mkdir(others);
    const home = await cached(
      'x',
      '1',
      async folder => {
        await put('slow')(folder);
        await mkdir(join(cache, 'x-1'));
        await put('fast')(join(cache, 'x-1'));
        await writeFile(join(cache, 'x-1', 'complete'), '');
      },
      { cache },
    );
    expect(await readFile(join(home, 'thing'), 'utf8')).toBe('fast');
    expect(existsSync(others)).toBe(true);
  });
});
