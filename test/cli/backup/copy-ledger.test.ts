import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Copier } from '#cli/backup/copier.ts';
import { copyLedger, copyLedgerAhead } from '#cli/backup/copy-ledger.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const fold = (digit: string) => `2026-11-25-${digit.repeat(16)}.fold`;
const lines = (...digits: string[]) => digits.map(digit => `${fold(digit)} 1 0;\n`).join('');

/** A ledger with folds, and what is done to it when its folds are copied for the n-th time. */
const open = async (
  inventory: string,
  digits: string[],
  change: (n: number, root: string) => Promise<void>,
) => {
  const root = await temporaryDirectory();
  const folds = join(root, 'buckets/.folds/ledger');
  await mkdir(folds, { recursive: true });
  await mkdir(join(root, 'buckets/.inventory'));
  await writeFile(join(root, 'buckets/.inventory/ledger-folds'), inventory);
  for (const digit of digits) await writeFile(join(folds, fold(digit)), digit);
  let n = 0;
  const files = new Map<string, unknown>();
  const below: string[] = [];
  const copier = {
    files,
    copyBelow: async (path: string) => void below.push(path),
    async copyAll(paths: string[]) {
      await change(++n, root);
      const { existsSync } = await import('node:fs');
      const gone = paths.filter(path => !existsSync(join(root, path)));
      for (const path of paths) if (!gone.includes(path)) files.set(path, {});
      return gone;
    },
    addBytes: async (path: string, content: Buffer) => void files.set(path, content.toString()),
  };
  const replace = async (path: string, text: string) => writeFile(join(root, path), text);
  return { root, copier: copier as unknown as Copier, files, below, folds, replace, rounds: () => n };
};
const namesOf = (files: ReadonlyMap<string, unknown>) =>
  [...files.keys()].filter(path => path.endsWith('.fold')).map(path => path.slice(-21, -20));

describe('the ledger of a running server', () => {
  it('is copied with the inventory before the objects', async () => {
    const { root, copier, below, files } = await open(lines('a', 'b'), ['a', 'b'], async () => undefined);
    expect(await copyLedger(root, copier)).toEqual([]);
    expect(below).toEqual(['buckets/.inventory/ledger', 'buckets/ledger']);
    expect(namesOf(files)).toEqual(['a', 'b']);
    expect(files.get('buckets/.inventory/ledger-folds')).toBe(lines('a', 'b'));
    await copyLedgerAhead(copier);
    expect(below.slice(2)).toEqual(['buckets/ledger', 'buckets/.folds/ledger']);
  });

  it('has its folds copied again if others replace them meanwhile', async () => {
    const world = await open(lines('a', 'b'), ['a', 'b'], async (n, root) => {
      if (n > 1) return;
      const folds = join(root, 'buckets/.folds/ledger');
      await writeFile(join(folds, fold('c')), 'c');
      await writeFile(join(root, 'buckets/.inventory/ledger-folds'), lines('c'));
      await rm(join(folds, fold('a')));
      await rm(join(folds, fold('b')));
    });
    expect(await copyLedger(world.root, world.copier)).toEqual([]);
    expect([namesOf(world.files), world.rounds()]).toEqual([['c'], 2]);
    expect(world.files.get('buckets/.inventory/ledger-folds')).toBe(lines('c'));
  });

  it('has lost a fold that the inventory goes on naming', async () => {
    const { root, copier, files } = await open(lines('a', 'b'), ['b'], async () => undefined);
    expect(await copyLedger(root, copier)).toEqual([fold('a')]);
    // The start of the copy reports it as a gap, as the original does.
    expect(files.get('buckets/.inventory/ledger-folds')).toBe(lines('a', 'b'));
  });

  it('is not copied if its folds change each time', async () => {
    const { root, copier } = await open(lines('a'), [], async (n, root) => {
      await writeFile(join(root, 'buckets/.inventory/ledger-folds'), lines('abcdef'[n % 6]!));
    });
    await expect(copyLedger(root, copier)).rejects.toThrow('changed each time');
  });
});
