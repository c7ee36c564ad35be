/**
 * `npm run pack:client`: the package that services install, with the client and its types and nothing else. JavaScript, so
 * that a service needs no loader for TypeScript, and none of what an installation needs.
 */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { build } from 'esbuild';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');

const { values } = parseArgs({ options: { out: { type: 'string', default: 'dist' } } });
const out = resolve(values.out);
const folder = await mkdtemp(join(tmpdir(), 'annals-pack-'));
try {
  await build({
    entryPoints: [join(root, 'client', 'audit-log.ts')],
    outfile: join(folder, 'client.js'),
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
  const declarations = ['--declaration', '--emitDeclarationOnly', '--noEmit', 'false'];
  const options = ['--project', 'client', '--outDir', join(folder, 'types'), ...declarations];
  await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...options], { cwd: root });
  const { name, version, license, engines } = JSON.parse(
    await readFile(join(root, 'package.json'), 'utf8'),
  ) as Record<string, unknown>;
  const manifest = {
    name,
    version,
    license,
    engines,
    description: 'Record audit events from a service',
    type: 'module',
    exports: {
      './client': { types: './types/client/audit-log.d.ts', default: './client.js' },
      './catalogue': { types: './types/domain/action.d.ts' },
      './package.json': './package.json',
    },
  };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await copyFile(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  await copyFile(join(root, 'docs', 'client.md'), join(folder, 'README.md'));
  await mkdir(out, { recursive: true });
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', out], { cwd: folder });
  process.stdout.write(`${join(out, stdout.trim())}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
