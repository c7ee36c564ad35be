/**
 * behind: a delivery that begins a day behind catches up, into a directory, in a process of its own. Its peak of memory
 * must not grow with how much it is behind: the floor is that of 200,000 rows.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { benchScopes, fillDay } from './compact.ts';
import type { Figure, Heading } from './figure.ts';

const few = 200_000;

type Ran = { rows: number; runs: number; seconds: number; peakRssMiB: number; cpuSeconds: number };
export type BehindResult = Ran & { floorMiB: number };

export const behindHeading: Heading = {
  name: 'behind',
  measures: 'peak memory of a delivery that catches up, into a directory',
  floor: `a delivery of ${few.toLocaleString('en-US')} rows`,
};
export const behindFigure = ({
  rows,
  runs,
  seconds,
  peakRssMiB,
  cpuSeconds,
  floorMiB,
}: BehindResult): Figure => ({
  what: `${rows.toLocaleString('en-US')} rows behind`,
  value: peakRssMiB,
  floor: floorMiB,
  unit: 'MiB',
  better: 'less',
  aim: 1.3,
  note: `${runs} runs in ${seconds.toFixed(0)} s, ${((cpuSeconds / rows) * 1e6).toFixed(0)} µs of CPU a row`,
});

export const benchBehind = async (
  say: (text: string) => void,
  most: number,
  add: (result: BehindResult) => void,
): Promise<void> => {
  let floorMiB: number | undefined;
  for (const rows of [few, most]) {
    const root = await mkdtemp(join(tmpdir(), 'annals-bench-'));
    try {
      say(`filing ${rows} rows`);
      await fillDay(root, rows, benchScopes.slice(0, 1));
      say(`delivering ${rows} rows`);
      const script = join(import.meta.dirname, 'behind-process.ts');
      const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, root]);
      const ran = JSON.parse(stdout) as Ran;
      if (ran.rows !== rows) throw new Error(`${ran.rows} rows were delivered; expected ${rows}`);
      floorMiB ??= ran.peakRssMiB;
      if (rows > few) add({ ...ran, floorMiB });
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  }
};
