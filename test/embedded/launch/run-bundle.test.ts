import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runBundle } from '#embedded/launch/run-bundle.js';
import { temporaryDirectory } from '#test/support/temporary.ts';

/** Runs a script of a bundle, and ends what waits for the end of the process. */
const runOf = (folder: string, body: string, map = '{}') => {
  const code = Buffer.from(`(function (exports, require, module) {\n${body}\n})`);
  const before = new Set(process.listeners('exit'));
  const prepare = Error.prepareStackTrace;
  const exported = runBundle(
    { code, map, path: join(folder, 'bundle.cjs') },
    { root: folder, entry: 'entry.ts', command: 'any' },
  ) as Record<string, unknown>;
  const added = process.listeners('exit').filter(listener => !before.has(listener));
  onTestFinished(() => {
    for (const listener of added) process.off('exit', listener);
    if (prepare) Error.prepareStackTrace = prepare;
  });
  const end = (): void => {
    for (const listener of added) listener(0);
  };
  return { exported, end };
};

describe('a run of a bundle', () => {
  it('keeps what V8 has compiled, uses it, and makes it again if it is damaged', async () => {
    const folder = await temporaryDirectory();
    const body = "exports.name = require('node:path').basename('a/b');";
    const first = runOf(folder, body);
    expect(first.exported.name).toBe('b');
    first.end();
    const [name] = readdirSync(folder);
    expect(name).toMatch(/^bundle\.cjs\.\d+\.any\.v8$/);
    const kept = readFileSync(join(folder, name!));

    const second = runOf(folder, body);
    second.end();
    expect(second.exported.name).toBe('b');
    expect(readFileSync(join(folder, name!))).toEqual(kept);

    writeFileSync(
      join(folder, name!),
      kept.map((byte, at) => (at === 50 ? byte ^ 1 : byte)),
    );
    const third = runOf(folder, body);
    third.end();
    expect(third.exported.name).toBe('b');
    expect(readFileSync(join(folder, name!)).subarray(4).length).toBe(kept.length - 4);
    expect(readFileSync(join(folder, name!))[50]).toBe(kept[50]);
  });

  it('shows in a stack the place in the source', async () => {
    const folder = await temporaryDirectory();
    // Line 2, column 1 of the bundle is line 7, column 3 of the source.
    const map = JSON.stringify({ version: 3, sources: ['own/a.ts'], names: [], mappings: ';AAME' });
    const { exported } = runOf(folder, 'exports.fail = () => new Error("x").stack;', map);
    expect((exported.fail as () => string)()).toMatch(
      new RegExp(`^Error: x\n    at exports.fail \\(${join(folder, 'own/a.ts')}:7:3\\)\n`),
    );
  });
});
