/** The version of Node that Lambda runs the functions on, as the package `node` of npm. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from './cache.ts';
import { versions } from './versions.ts';

const run = promisify(execFile);

/** The folder with its `node` command. */
export const fetchNode = async (): Promise<string> => {
  const home = await cached('node', versions.node, async folder => {
    await run('npm', ['install', '--prefix', folder, '--no-fund', '--no-audit', `node@${versions.node}`]);
  });
  return join(home, 'node_modules', 'node', 'bin');
};
