import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { lockFile } from '#embedded/lock-file.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

it('a lock is held by one process, and released when that is killed', async () => {
  const path = join(await temporaryDirectory(), 'lock');
  const holds =
    `import { lockFile } from '#embedded/lock-file.ts'; ` +
    `console.log(Boolean(await lockFile(${JSON.stringify(path)}))); setInterval(() => 0, 1000);`;
  const root = join(import.meta.dirname, '..', '..');
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', holds], {
    cwd: root,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [told] = (await once(child.stdout, 'data')) as [Buffer];
  expect(told.toString()).toBe('true\n');
  expect(await lockFile(path)).toBeUndefined();
  child.kill('SIGKILL');
  await once(child, 'exit');
  const lock = await eventually(async () => {
    const lock = await lockFile(path);
    expect(lock).toBeDefined();
    return lock!;
  });
  lock.release();
});
