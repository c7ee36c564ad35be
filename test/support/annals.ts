/** Runs the command as a user does. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
export type Ended = { code: number | null; out: string; err: string };

export const annals = (
  args: readonly string[],
  input = '',
  environment: NodeJS.ProcessEnv = {},
): Promise<Ended> =>
  new Promise(resolve => {
    const child = spawn(process.execPath, [join(root, 'cli', 'annals.js'), ...args], {
      env: { ...process.env, ...environment },
    });
    const ended: Ended = { code: null, out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      ended.out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      ended.err += chunk.toString();
    });
    child.stdin.end(input);
    child.on('close', code => resolve({ ...ended, code }));
  });
