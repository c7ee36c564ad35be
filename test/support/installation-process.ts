/** An installation in a process of its own, as `npm start` runs it, so that a test can kill it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

export const readIfThere = <T>(path: string): T | undefined => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    // Not written yet, or written by the previous process.
    return undefined;
  }
};

/** Starts it on a data directory, and waits until it is healthy. */
export const launchInstallation = async (
  data: string,
  port = 0,
  { flags = [], environment = {} }: { flags?: readonly string[]; environment?: NodeJS.ProcessEnv } = {},
): Promise<{ child: ChildProcess; url: string }> => {
  const args = ['cli/annals.js', 'start', '--data', data, '--port', String(port), ...flags];
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...environment },
  });
  let errors = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The server ended: ${errors}`);
    const server = readIfThere<{ url: string; pid: number }>(join(data, 'server.json'));
    if (server?.pid === child.pid) {
      const isWell = await fetch(`${server!.url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isWell) return { child, url: server!.url };
    }
    await new Promise(resolve => setTimeout(resolve, 20));
  }
};
