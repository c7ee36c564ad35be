/** That the checks of gaps.py can fail: a gap that upstream mends must be noticed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { requireTools } from '../tools.ts';
import { checkEmulator } from './emulator.ts';

/** What AWS does, of each gap. */
let gaps: string[];
beforeAll(async () => {
  requireTools('deploy');
  const text = await readFile(join(import.meta.dirname, 'gaps.py'), 'utf8');
  gaps = [...text.matchAll(/^@gap\('(.*)'\)$/gm)].map(([, aws]) => aws!);
});

it('finds every gap in the emulator as it is published', async () => {
  expect(await checkEmulator()).toEqual({ code: 0, err: '' });
});

it('refuses an emulator without the gaps, and names each patch that must go', async () => {
  expect(gaps.length).toBeGreaterThan(0);
  const { code, err } = await checkEmulator('--patched');
  expect(code).toBe(1);
  const named = /delete the patch from gaps\.py: (.*)/.exec(err)?.[1]?.split('; ');
  expect(named).toEqual(gaps.map(aws => `AWS ${aws}`));
});
