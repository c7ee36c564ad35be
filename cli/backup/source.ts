/**
 * The files of a data directory, and which of them belong in a backup. Everything does but what only one
 * process may use, and what is made from the rest.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '#cli/failure.ts';
import { compactPrefix } from '#domain/compact/layout.ts';
import { leasesPrefix } from '#domain/export/layout.ts';
import { loginLinksName } from '#embedded/access/login-links.ts';
import { asAbsent } from '#embedded/files.ts';
import { names } from '#embedded/options.ts';

/** A folder or a file below the data directory, with slashes. */
export type SourcePath = string;

export const bucketPath = (bucket: string, key = ''): SourcePath => join('buckets', bucket, key);

/** Where a restore writes; it stays if the restore was interrupted. */
export const restoringName = 'restoring';

/**
 * What an interrupted restore, or the file system, has beside them belongs to the folder, not to its data.
 * A login link works once, and a lease belongs to a process: a copy of one would work again, or keep others
 * out. Segments and what is known of them are made again from the ledger; in a copy their versions differ.
 */
const leftOut = new Set<SourcePath>([
  'lock',
  'lock.wal',
  'tmp',
  restoringName,
  ...['lost+found', '.snapshot'].flatMap(name => [name, bucketPath(name)]),
  'server.json',
  'keys.json.lock',
  loginLinksName,
  bucketPath(names.views),
  bucketPath(names.state, compactPrefix.slice(0, -1)),
  bucketPath(names.results, leasesPrefix.slice(0, -1)),
]);

/** The entries of a folder that belong in a backup, by name; none if it does not exist. */
export const entriesIn = async (root: string, folder: SourcePath) =>
  ((await readdir(join(root, folder), { withFileTypes: true }).catch(asAbsent)) ?? [])
    .filter(({ name }) => !leftOut.has(join(folder, name)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

/** The files at or below a path. What comes or goes meanwhile may be listed or not. */
export async function* filesBelow(root: string, path: SourcePath): AsyncGenerator<SourcePath> {
  const entries = await entriesIn(root, path).catch(error => {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (entries === undefined) yield path;
  for (const entry of entries ?? []) {
    if (entry.isDirectory()) yield* filesBelow(root, join(path, entry.name));
    else if (entry.isFile()) yield join(path, entry.name);
    else if (entry.isSymbolicLink())
      throw new Failure(
        1,
        `The data directory has a symbolic link, ${join(path, entry.name)}, whose files no backup would hold; ` +
          'put what it names in its place',
      );
  }
}
