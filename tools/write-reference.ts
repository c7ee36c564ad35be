/**
 * `npm run reference`: writes docs/reference from the code. With `--check` it writes nothing, and fails if a page is
 * not what the code says.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { program } from '#cli/program.ts';
import { printColumns } from './reference/columns.ts';
import { printCommands } from './reference/commands.ts';
import { printEnvelope } from './reference/envelope.ts';
import { printRoutes } from './reference/routes.ts';

const folder = join(import.meta.dirname, '..', 'docs', 'reference');

export const referencePages = (): Readonly<Record<string, string>> => ({
  'event.md': printEnvelope(),
  'files.md': printColumns(),
  'http.md': printRoutes(),
  'commands.md': printCommands(program),
});

/** The pages that are not what the code says. */
export const staleReferencePages = async (): Promise<string[]> => {
  const stale: string[] = [];
  for (const [name, text] of Object.entries(referencePages())) {
    const written = await readFile(join(folder, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (written !== text) stale.push(join('docs', 'reference', name));
  }
  return stale;
};

const run = async (isCheck: boolean): Promise<void> => {
  if (!isCheck) {
    await mkdir(folder, { recursive: true });
    for (const [name, text] of Object.entries(referencePages())) await writeFile(join(folder, name), text);
    return;
  }
  const stale = await staleReferencePages();
  if (stale.length === 0) return;
  console.error(`Out of date: ${stale.join(', ')}. Run "npm run reference" and commit`);
  process.exitCode = 1;
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await run(process.argv.includes('--check'));
