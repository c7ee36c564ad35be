/**
 * The Audit Log page of this installation. It is built from `web/` in a process of its own, which the start
 * does not wait for; an installed package has it built already.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PageSource } from '#embedded/http/page-files.ts';

const root = join(import.meta.dirname, '..', '..');
const builder = join('tools', 'build-page.ts');
const maxBuildMs = 120_000;
const maxOutput = 4096;

/** `folder` is where the project is. */
export const pageSource = (folder = root): PageSource => ({
  folder: join(folder, 'dist', 'web'),
  build: async signal => {
    if (existsSync(join(folder, builder))) await runBuilder(folder, signal);
  },
});

/** Runs the builder, which does nothing if the page is up to date. Throws what it says if it fails. */
const runBuilder = (folder: string, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', builder], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: maxBuildMs,
      ...(signal ? { signal } : {}),
    });
    const killed = (): void => void child.kill();
    process.once('exit', killed);
    let said = '';
    const listen = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-maxOutput);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      process.off('exit', killed);
      if (code === 0) resolve();
      else reject(new Error(`${builder} ended with ${signal ?? code}: ${said.trim()}`));
    });
  });
