import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { launch } from '#embedded/launch/launch.js';
import { temporaryDirectory } from '#test/support/temporary.ts';

/** A tree with an entry that imports a file, and a clock for which both are old. */
const tree = async () => {
  const root = await temporaryDirectory();
  writeFileSync(join(root, 'package.json'), '{"type":"module","imports":{"#own/*":"./own/*"}}');
  mkdirSync(join(root, 'own'));
  const write = (name: string, text: string): void => writeFileSync(join(root, 'own', name), text);
  write('word.ts', "export const word: string = 'old';");
  write(
    'entry.ts',
    `export { word } from '#own/word.ts';
     export const place = import.meta.dirname;
     export const packageOf = async () => (await import('tsx/esm/api')).tsImport;`,
  );
  const kept = join(root, 'node_modules/.cache/annals/own-entry-ts');
  return {
    root,
    write,
    kept,
    bundles: () => readdirSync(kept).filter(name => /^bundle-\w+\.cjs$/.test(name)),
    run: (nowMs = () => Date.now() + 60_000) =>
      launch('own/entry.ts', { root, nowMs }) as Promise<{
        word: string;
        place: string;
        packageOf(): Promise<unknown>;
      }>,
  };
};
const inodeOf = (path: string): number => statSync(path).ino;

describe('a launch', () => {
  let listeners: readonly unknown[];
  beforeEach(() => {
    listeners = process.listeners('exit');
  });
  afterEach(() => {
    for (const listener of process.listeners('exit')) if (!listeners.includes(listener)) listener(0);
  });

  it('runs TypeScript, and keeps the bundle for the next run', async () => {
    const { run, kept, root } = await tree();
    expect(await run()).toMatchObject({ word: 'old', place: join(root, 'own') });
    const made = inodeOf(join(kept, 'manifest.json'));
    // As a process that ends: what has been compiled is kept.
    for (const listener of process.listeners('exit')) if (!listeners.includes(listener)) listener(0);
    const again = await run();
    expect(again.word).toBe('old');
    expect(await again.packageOf()).toBeTypeOf('function');
    expect(inodeOf(join(kept, 'manifest.json'))).toBe(made);
    expect(readdirSync(kept).filter(name => name.endsWith('.v8'))).toHaveLength(1);
  });

  it('never runs old code, even if a file has its old size and time again', async () => {
    const { run, root, bundles } = await tree();
    await run();
    const path = join(root, 'own/word.ts');
    const { atime, mtime } = statSync(path);
    writeFileSync(path, readFileSync(path, 'utf8').replace('old', 'new'));
    utimesSync(path, atime, mtime);
    expect((await run()).word).toBe('new');
    expect(bundles()).toHaveLength(1);
    rmSync(path);
    await expect(run()).rejects.toThrow('#own/word.ts');
  });

  it('does not keep a bundle of files that may have changed while it was made', async () => {
    const { run, kept } = await tree();
    expect((await run(Date.now)).word).toBe('old');
    expect(() => readdirSync(kept)).toThrow('ENOENT');
  });

  it('makes the bundle again if what is kept is damaged', async () => {
    const { run, kept, bundles } = await tree();
    await run();
    for (const name of ['manifest.json', bundles()[0]!])
      for (const text of ['', '{}', 'x'.repeat(statSync(join(kept, name)).size)]) {
        writeFileSync(join(kept, name), text);
        expect((await run()).word).toBe('old');
        expect(readFileSync(join(kept, name), 'utf8')).not.toBe(text);
      }
    rmSync(join(kept, bundles()[0]!));
    expect((await run()).word).toBe('old');
  });

  it('runs where nothing can be kept', async () => {
    const { run, root } = await tree();
    // Not a folder, which not even root can write to.
    writeFileSync(join(root, 'node_modules'), '');
    expect((await run()).word).toBe('old');
    expect((await run()).word).toBe('old');
  });
});
