import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildPage, hashSources, pageFolder } from '#tools/build-page.ts';

const assets = join(pageFolder, 'assets');
const read = (name: string): Promise<string> => readFile(join(assets, name), 'utf8');
const kilobytes = async (names: readonly string[]): Promise<number> => {
  let bytes = 0;
  for (const name of names) bytes += gzipSync(await read(name)).length;
  return bytes / 1024;
};

/** A script and those that it imports before it runs. */
const withImports = async (name: string, seen = new Set<string>()): Promise<Set<string>> => {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const [, imported] of (await read(name)).matchAll(/(?:from|import) ?["']\.\/([\w.-]+\.js)["']/g))
    await withImports(imported!, seen);
  return seen;
};

beforeAll(async () => {
  await Promise.all([buildPage(), buildPage()]);
});

describe('the built page', () => {
  it('is not built again from the same sources', async () => {
    const { mtimeMs } = await stat(join(pageFolder, 'index.html'));
    expect(await buildPage()).toBe(false);
    expect((await stat(join(pageFolder, 'index.html'))).mtimeMs).toBe(mtimeMs);
    expect(await readFile(join(pageFolder, 'built-from'), 'utf8')).toBe(await hashSources());
  });

  it('leaves no folder of two builds at once', async () => {
    const names = await readdir(join(pageFolder, '..'));
    expect(names.filter(name => name.startsWith('web-'))).toEqual([]);
  });

  it('has no script, style or URL that the policy forbids', async () => {
    const html = await readFile(join(pageFolder, 'index.html'), 'utf8');
    expect(html).not.toMatch(/<style|style=|<script(?![^>]* src="\.\/assets\/)|https?:/);
    expect(html).toMatch(/<link rel="icon" type="image\/svg\+xml" href="\.\/assets\/icon-[\w-]{8}\.svg" \/>/);
    for (const name of await readdir(assets)) {
      expect(name).toMatch(/^[\w-]+-[\w-]{8}\.(js|css|woff2|svg)$/);
      if (name.endsWith('.css')) expect(await read(name)).not.toMatch(/@import|url\(["']?(?!data:image)/);
    }
  });

  it('shows its first rows with at most 120 KB of scripts, and has at most 350 KB, and 100 KB of styles', async () => {
    const names = await readdir(assets);
    const scripts = names.filter(name => name.endsWith('.js'));
    const first = new Set([
      ...(await withImports(scripts.find(name => name.startsWith('index-'))!)),
      ...(await withImports(scripts.find(name => name.startsWith('log-'))!)),
    ]);
    expect(await kilobytes([...first])).toBeLessThanOrEqual(120);
    expect(await kilobytes(scripts)).toBeLessThanOrEqual(350);
    expect(await kilobytes(names.filter(name => name.endsWith('.css')))).toBeLessThanOrEqual(100);
  });
});
