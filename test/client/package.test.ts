import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary.ts';
import { startService } from './service.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');

describe('the package that services install', () => {
  it('runs as it is on Node, has types, and depends on nothing', async () => {
    const home = await temporaryDirectory();
    const packed = await run('npm', ['run', '--silent', 'pack:client', '--', '--out', home], { cwd: root });
    await writeFile(join(home, 'package.json'), '{"name":"shop","type":"module"}');
    await run('npm', ['install', '--offline', '--no-audit', '--no-fund', packed.stdout.trim()], {
      cwd: home,
    });
    const { stdout: tree } = await run('npm', ['ls', '--all', '--json'], { cwd: home });
    const { dependencies } = JSON.parse(tree) as { dependencies: Record<string, object> };
    expect(Object.keys(dependencies)).toEqual(['annals']);
    expect(dependencies.annals).not.toHaveProperty('dependencies');

    const { url, kept } = await startService();
    const body = (action: string) => `
      import { AuditLog, bearer } from 'annals/client';
      const audit = new AuditLog({ url: '${url}', authorize: bearer('t'), onRefused: console.error });
      audit.record({ action: '${action}', actor: { id: 'u', type: 'user' }, target: { id: 'c', type: 'context' }, success: true });
      await audit.close();
    `;
    await writeFile(join(home, 'main.js'), body('context.create'));
    await run(process.execPath, ['main.js'], { cwd: home });
    expect([...kept.values()]).toMatchObject([{ action: 'context.create', request: null }]);

    const types = [
      `import type { ActionDefinition } from 'annals/catalogue';`,
      `export const definition: Pick<ActionDefinition, 'action'> = { action: 'a.b' };`,
      body('context.create'),
    ];
    await writeFile(join(home, 'right.ts'), types.join('\n'));
    await writeFile(join(home, 'wrong.ts'), body('context.creat'));
    const check = (file: string) =>
      run(
        process.execPath,
        [
          join(root, 'node_modules/typescript/bin/tsc'),
          ...['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022'],
          ...['--types', 'node', '--typeRoots', join(root, 'node_modules/@types'), file],
        ],
        { cwd: home },
      );
    await check('right.ts');
    await expect(check('wrong.ts')).rejects.toMatchObject({
      stdout: expect.stringContaining('context.creat'),
    });
  });
});
