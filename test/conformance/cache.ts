/**
 * What the conformance suites fetch, in a folder outside of the checkout. Each thing is fetched once and lies in a
 * folder of its name and version. It is filled under another name and renamed at its end, so a download that was
 * cut is fetched again, and two runs at once do no harm: the first one to end wins.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

export const cacheFolder = (environment: Environment = process.env): string =>
  environment.ANNALS_CONFORMANCE_CACHE ??
  join(environment.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'annals-conformance');

const marker = 'complete';

/**
 * Returns the folder of a thing of this version. If it is not complete, `fill` first fills an empty folder, which is
 * then moved to its place: what lies in it must not hold its own path.
 */
export const cached = async (
  name: string,
  version: string,
  fill: (folder: string) => Promise<void>,
  cache = cacheFolder(),
): Promise<string> => {
  const home = join(cache, `${name}-${version}`);
  const isComplete = (): boolean => existsSync(join(home, marker));
  if (isComplete()) return home;
  await mkdir(cache, { recursive: true });
  await removeLeftovers(cache);
  const folder = join(cache, `.${process.pid}-${name}-${version}`);
  try {
    await mkdir(folder);
    await fill(folder);
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
