/**
 * `npm run page`: builds the Audit Log page from `web/` into `dist/web`, if its sources have changed since
 * the last time. Two builds at once do not disturb each other: each writes a folder of its own, and puts it
 * in place by a rename.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');
/** Where the page is built. */
export const pageFolder = join(root, 'dist', 'web');
const source = join(root, 'web');
/**
 * What a built page consists of: its own sources, what it takes from the domain, and the versions of
 * packages.
 */
const sources = ['web', 'domain', 'package-lock.json', 'tools/build-page.ts'];
/** A build that was killed leaves its folder; nobody builds for an hour. */
const abandonedMs = 3_600_000;
const stamp = 'built-from';

/** A text that changes with each file of the sources, its name or its bytes. */
export const hashSources = async (): Promise<string> => {
  const hash = createHash('sha256');
  for (const name of sources)
    for (const file of await filesOf(join(root, name))) hash.update(`${file}\n`).update(await readFile(file));
  return hash.digest('hex');
};

const filesOf = async (path: string): Promise<string[]> => {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .sort();
};

const builtFrom = async (): Promise<string | undefined> => {
  try {
    return await readFile(join(pageFolder, stamp), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

/**
 * Builds the page if it is not built from these sources; returns whether it did. Throws what the build says.
 */
export const buildPage = async (): Promise<boolean> => {
  const from = await hashSources();
  if ((await builtFrom()) === from) return false;
  const folder = `${pageFolder}-${randomUUID()}`;
  try {
    await bundle(folder);
    await writeFile(join(folder, stamp), from);
    await putInPlace(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  await removeAbandoned();
  return true;
};

const bundle = async (outDir: string): Promise<void> => {
  const { build } = await import('vite');
  await build({
    root: source,
    // Relative, so that the page works below any path.
    base: './',
    configFile: false,
    logLevel: 'error',
    // Whatever the environment of this process is: tests and developers get what users get.
    mode: 'production',
    define: { 'process.env.NODE_ENV': JSON.stringify('production') },
    oxc: { jsx: { development: false } },
    build: {
      outDir,
      emptyOutDir: true,
      // The policy allows no data: URL for scripts and styles.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      rolldownOptions: {
        onLog: (level, log, report) => {
          // The components mark themselves for server rendering, which we do not do.
          if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
        },
      },
    },
  });
};

/** Another build may do the same at the same time; either of them is in place afterwards. */
const putInPlace = async (folder: string): Promise<void> => {
  const old = `${pageFolder}-${randomUUID()}`;
  await rename(pageFolder, old).catch(unless('ENOENT'));
  await rename(folder, pageFolder).catch(unless('ENOTEMPTY', 'EEXIST'));
  await rm(old, { recursive: true, force: true });
};

const unless =
  (...codes: string[]) =>
  (error: NodeJS.ErrnoException): void => {
    if (!codes.includes(error.code ?? '')) throw error;
  };

const removeAbandoned = async (): Promise<void> => {
  const dist = join(root, 'dist');
  for (const name of await readdir(dist)) {
    if (!name.startsWith('web-')) continue;
    const { mtimeMs } = await stat(join(dist, name)).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > abandonedMs) await rm(join(dist, name), { recursive: true, force: true });
  }
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildPage();
