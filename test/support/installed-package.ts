/**
 * The package as `npm pack` makes it, in a folder as `npm install` leaves it. Its dependencies are those of this
 * repository, by links, so that nothing is fetched.
 */
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);

/** Packs the server into a folder; returns the path of the tarball. */
export const packServer = async (folder: string): Promise<string> => {
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root });
  return join(folder, stdout.trim().split('\n').at(-1)!);
};

type Lock = { packages: Record<string, { dev?: boolean; devOptional?: boolean }> };

/** Whether a user of the package has a package of this repository, by its entry in the lock file. */
type Has = (entry: { dev?: boolean; devOptional?: boolean }) => boolean;
/** What `npm install` of the package alone brings. */
export const productionOnly: Has = ({ dev, devOptional }) => !dev && !devOptional;

/** Links packages of this repository into a folder `node_modules`. */
export const linkPackages = async (modules: string, has: Has): Promise<void> => {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as Lock;
  for (const [path, entry] of Object.entries(packages)) {
    const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1];
    if (name === undefined || !has(entry)) continue;
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(root, path), join(modules, name));
  }
};

/** Unpacks the tarball below `folder/node_modules`, and links its dependencies there. */
export const installPackage = async (tarball: string, folder: string, has: Has): Promise<void> => {
  const modules = join(folder, 'node_modules');
  await linkPackages(modules, has);
  await mkdir(join(modules, 'annals'), { recursive: true });
  await run('tar', ['xzf', tarball, '--strip-components=1', '-C', join(modules, 'annals')]);
  await chmod(join(modules, 'annals', 'cli', 'annals.js'), 0o755);
  await mkdir(join(modules, '.bin'));
  await symlink('../annals/cli/annals.js', join(modules, '.bin', 'annals'));
  await symlink(join(root, 'node_modules', '.bin', 'esbuild'), join(modules, '.bin', 'esbuild'));
};
