/**
 * What the conformance suites fetch, in a folder outside of the checkout. Each thing is fetched once and
 * lies in a folder of its name and version. It is filled under another name and renamed at its end, so a
 * download that was cut is fetched again, and two runs at once do no harm: the first one to end wins. A
 * fetch that fails is tried again, since networks fail for a moment; if the last attempt fails too, so does
 * the suite.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

type Environment = Readonly<Record<string, string | undefined>>;

const checkout = resolve(import.meta.dirname, '..', '..');

/** Throws if the folder is inside the checkout: tests and linters would read what lies there. */
export const cacheFolder = (environment: Environment = process.env): string => {
  const folder = resolve(
    environment.ANNALS_CONFORMANCE_CACHE ??
      join(environment.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'annals-conformance'),
  );
  if (!relative(checkout, folder).startsWith('..'))
    throw new Error(
      `The cache ${folder} is inside the checkout; set ANNALS_CONFORMANCE_CACHE to another folder`,
    );
  return folder;
};

const marker = 'complete';
/** How long to wait before each further attempt to fetch something. */
const pausesMs = [5000, 30_000];

/**
 * Returns the folder of a thing of this version. If it is not complete, `fill` first fills an empty folder, which is
 * then moved to its place: what lies in it must not hold its own path.
 */
export const cached = async (
  name: string,
  version: string,
  fill: (folder: string) => Promise<void>,
  { cache = cacheFolder(), pauses = pausesMs }: { cache?: string; pauses?: readonly number[] } = {},
): Promise<string> => {
  const home = join(cache, `${name}-${version}`);
  const isComplete = (): boolean => existsSync(join(home, marker));
  if (isComplete()) return home;
  await mkdir(cache, { recursive: true });
  await removeLeftovers(cache);
  const folder = join(cache, `.${process.pid}-${name}-${version}`);
  try {
    await fillPatiently(folder, fill, pauses);
    await writeFile(join(folder, marker), '');
    if (isComplete()) return home;
    await rm(home, { recursive: true, force: true });
    await rename(folder, home).catch(error => {
      if (!isComplete()) throw error;
    });
    return home;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Fills an empty folder; after an attempt that failed comes a pause and the next, after the last its error. */
const fillPatiently = async (
  folder: string,
  fill: (folder: string) => Promise<void>,
  pauses: readonly number[],
): Promise<void> => {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  try {
    await fill(folder);
  } catch (error) {
    const [pause, ...left] = pauses;
    if (pause === undefined) throw error;
    console.warn(`Trying once more in ${pause / 1000} s: ${(error as Error).message.slice(0, 2000)}`);
    await sleep(pause);
    await fillPatiently(folder, fill, left);
  }
};

/** Removes what runs left that ended before they had filled it. */
const removeLeftovers = async (cache: string): Promise<void> => {
  for (const entry of await readdir(cache)) {
    const [, pid] = /^\.(\d+)-/.exec(entry) ?? [];
    if (pid !== undefined && !isRunning(Number(pid)))
      await rm(join(cache, entry), { recursive: true, force: true });
  }
};

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
