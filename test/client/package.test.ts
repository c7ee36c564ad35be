import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { ts } from '@ts-morph/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService } from '#test/support/audit-log-service.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const node = (cwd: string, ...args: string[]) => run(process.execPath, args, { cwd });

/** A service's folder for each kind of module, with the package installed above both. */
let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'annals-package-'));
  const packed = await run('npm', ['run', '--silent', 'pack:client', '--', '--out', home], { cwd: root });
  await writeFile(join(home, 'package.json'), '{"name":"shop"}');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', packed.stdout.trim()], { cwd: home });
  await mkdir(join(home, 'node_modules', '@types'));
  for (const name of ['node', 'ws'])
    await symlink(join(root, 'node_modules', '@types', name), join(home, 'node_modules', '@types', name));
  await symlink(join(root, 'node_modules', 'undici-types'), join(home, 'node_modules', 'undici-types'));
  for (const type of ['module', 'commonjs']) {
    await mkdir(join(home, type));
    await writeFile(join(home, type, 'package.json'), JSON.stringify({ name: 'shop', type }));
    await copyFile(join(import.meta.dirname, 'typed-events.ts'), join(home, type, 'typed-events.ts'));
    await writeFile(
      join(home, type, 'use.ts'),
      [
        `import type { ActionDefinition } from 'annals/catalogue';`,
        `import { typed } from './typed-events.js';`,
        `export const definition: Pick<ActionDefinition, 'action'> = { action: 'a.b' };`,
        `typed();`,
      ].join('\n'),
    );
    await writeFile(
      join(home, type, 'wrong.ts'),
      `import { bearer } from 'annals/client';\nimport type { ActionDefinition } from ` +
        `'annals/catalogue';\nexport const wrong: ActionDefinition = bearer(1);`,
    );
  }
});
afterAll(() => rm(home, { recursive: true, force: true }));

const recording = (url: string, action: string) => `
  const audit = new AuditLog({ url: '${url}', authorize: bearer('t'), onRefused: console.error });
  const actor = { id: 'u', type: 'user' };
  audit.record({ action: '${action}', actor, target: { id: 'c', type: 'context' }, success: true });
  audit.close();
`;

describe('the package that services install', () => {
  it('depends on nothing', async () => {
    const { stdout: tree } = await run('npm', ['ls', '--json', 'annals'], { cwd: home });
    const { dependencies } = JSON.parse(tree) as { dependencies: Record<string, object> };
    expect(Object.keys(dependencies)).toEqual(['annals']);
    const { dependencies: own } = JSON.parse(
      await readFile(join(home, 'node_modules', 'annals', 'package.json'), 'utf8'),
    ) as { dependencies?: object };
    expect(own).toBeUndefined();
  });

  it.each([
    ['imported', 'module', `import { AuditLog, bearer } from 'annals/client';`],
    ['required', 'commonjs', `const { AuditLog, bearer } = require('annals/client');`],
  ])('runs as it is if it is %s', async (how, type, first) => {
    const { url, kept } = await startService();
    await writeFile(join(home, type, 'main.js'), first + recording(url, `was.${how}`));
    await node(join(home, type), 'main.js');
    expect([...kept.values()]).toMatchObject([{ action: `was.${how}`, request: null }]);
  });

  it('is found by require as a script, as Jest looks for it', async () => {
    const script = `process.stdout.write(require.resolve('annals/client'))`;
    const { stdout } = await node(join(home, 'commonjs'), '-e', script);
    expect(stdout).toMatch(/annals\/cjs\/client\.js$/);
    // What does not read "exports" takes "main".
    const { main } = JSON.parse(await readFile(join(home, 'node_modules/annals/package.json'), 'utf8')) as {
      main: string;
    };
    await node(home, '-e', `if (!require('./node_modules/annals/${main}').AuditLog) throw new Error()`);
  });

  it('is one for import and require: both see the same request', async () => {
    const script = `
      import { createRequire } from 'node:module';
      import * as imported from 'annals/client';
      const required = createRequire(import.meta.url)('annals/client');
      const differing = Object.keys(required).filter(name => required[name] !== imported[name]);
      const seen = imported.runInRequest({ id: 'r' }, () => required.currentRequest());
      process.stdout.write(JSON.stringify({ differing, seen, count: Object.keys(imported).length }));
    `;
    const { stdout } = await node(join(home, 'module'), '--input-type=module', '-e', script);
    expect(JSON.parse(stdout)).toEqual({ differing: [], seen: { id: 'r' }, count: expect.any(Number) });
    expect((JSON.parse(stdout) as { count: number }).count).toBeGreaterThan(10);
  });
});

/** The types of a service, its package's declarations among them. */
const strict = [
  '--noEmit',
  '--strict',
  '--exactOptionalPropertyTypes',
  '--target',
  'es2022',
  '--types',
  'node',
];
const tsc = join(root, 'node_modules/typescript/bin/tsc');

describe('the types that services install', () => {
  it.each<[string, string, string]>([
    ['module', 'node16', 'node16'],
    ['commonjs', 'node16', 'node16'],
    ['module', 'nodenext', 'nodenext'],
    ['commonjs', 'nodenext', 'nodenext'],
    ['module', 'esnext', 'bundler'],
    ['commonjs', 'commonjs', 'bundler'],
  ])(
    'hold what an event needs, in a %s with module %s and resolution %s',
    async (type, module, resolution) => {
      const how = ['--module', module, '--moduleResolution', resolution];
      const checked = node(join(home, type), tsc, ...strict, ...how, 'use.ts', 'wrong.ts');
      const { stdout } = (await checked.catch(error => error)) as { stdout: string };
      expect(stdout.split(/\n(?=\S)/)).toMatchObject([
        expect.stringMatching(/^wrong\.ts\(3,14\)[^\n]*'Authorize'[^\n]*'ActionDefinition'/),
        expect.stringMatching(/^wrong\.ts\(3,47\)[^\n]*'number'/),
      ]);
    },
  );

  it('hold what an event needs, in commonjs with resolution node10, which TypeScript 6 still had', async () => {
    const platforms = join(root, 'node_modules', '@typescript');
    const [platform] = (await readdir(platforms)).filter(name => name.startsWith('typescript-'));
    const options: import('@ts-morph/common').ts.CompilerOptions = {
      module: ts.ModuleKind.CommonJS,
      moduleResolution: ts.ModuleResolutionKind.Node10,
      ignoreDeprecations: '6.0',
      esModuleInterop: true,
      noEmit: true,
      strict: true,
      skipLibCheck: true,
      exactOptionalPropertyTypes: true,
      target: ts.ScriptTarget.ES2022,
      types: ['node'],
    };
    const host = ts.createCompilerHost(options);
    const libraries = join(platforms, platform!, 'lib');
    host.getDefaultLibLocation = () => libraries;
    host.getDefaultLibFileName = given => join(libraries, ts.getDefaultLibFileName(given));
    host.getCurrentDirectory = () => join(home, 'commonjs');
    const files = ['use.ts', 'wrong.ts'].map(file => join(home, 'commonjs', file));
    const program = ts.createProgram(files, options, host);
    const faults = ts
      .getPreEmitDiagnostics(program)
      .map(({ file, messageText }) => [
        basename(file?.fileName ?? ''),
        ts.flattenDiagnosticMessageText(messageText, '\n'),
      ]);
    expect(faults).toMatchObject([
      ['wrong.ts', expect.stringContaining("'ActionDefinition'")],
      ['wrong.ts', expect.stringContaining("'number'")],
    ]);
  });
});
