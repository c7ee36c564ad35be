/**
 * `npm run pack:client`: the package that services install, with nothing but the client and its types. It is
 * JavaScript, so that a service needs no loader for TypeScript, and it has none of what an installation
 * needs. The code is in it once, for `require`, and `import` returns the same, so that a service that uses
 * both has one request context.
 */
import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { type BuildOptions, build } from 'esbuild';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');

const bundle = (options: BuildOptions) =>
  build({
    entryPoints: [join(root, 'client', 'index.ts')],
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
    ...options,
  });

/** What the client exports besides types. */
const exportedNames = async (): Promise<string[]> => {
  const { metafile } = await bundle({ format: 'esm', write: false, metafile: true, outfile: 'client.js' });
  return Object.values(metafile!.outputs)
    .flatMap(({ exports }) => exports)
    .sort();
};

const writeJson = (path: string, value: unknown): Promise<void> =>
  writeFile(path, `${JSON.stringify(value, null, 2)}\n`);

/**
 * The entries of a module: `import` and `require` see the same declarations, each as its own kind of module.
 */
const conditions = (declarations: string, code?: { import: string; require: string }) => ({
  import: { types: `./types/${declarations}`, ...(code ? { default: code.import } : {}) },
  require: { types: `./cjs/types/${declarations}`, ...(code ? { default: code.require } : {}) },
  ...(code ? { default: code.import } : {}),
});

const { values } = parseArgs({ options: { out: { type: 'string', default: 'dist' } } });
const out = resolve(values.out);
const folder = await mkdtemp(join(tmpdir(), 'annals-pack-'));
try {
  await bundle({ format: 'cjs', outfile: join(folder, 'cjs', 'client.js') });
  const names = (await exportedNames()).join(', ');
  const reexport = `import client from './cjs/client.js';\n\nexport const { ${names} } = client;\n`;
  await writeFile(join(folder, 'client.js'), reexport);
  const declarations = ['--declaration', '--emitDeclarationOnly', '--noEmit', 'false'];
  const options = ['--project', 'client', '--outDir', join(folder, 'types'), ...declarations];
  await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...options], { cwd: root });
  await cp(join(folder, 'types'), join(folder, 'cjs', 'types'), { recursive: true });
  await writeJson(join(folder, 'cjs', 'package.json'), { type: 'commonjs' });
  const { name, version, license, engines } = JSON.parse(
    await readFile(join(root, 'package.json'), 'utf8'),
  ) as Record<string, unknown>;
  await writeJson(join(folder, 'package.json'), {
    name,
    version,
    license,
    engines,
    description: 'Record audit events from a service',
    type: 'module',
    exports: {
      './client': conditions('client/index.d.ts', { import: './client.js', require: './cjs/client.js' }),
      './catalogue': conditions('domain/catalogue/action.d.ts'),
      './package.json': './package.json',
    },
    // For tools that do not read `exports`, such as TypeScript with moduleResolution node10.
    main: './cjs/client.js',
    types: './cjs/types/client/index.d.ts',
    typesVersions: {
      '*': {
        client: ['./cjs/types/client/index.d.ts'],
        catalogue: ['./cjs/types/domain/catalogue/action.d.ts'],
      },
    },
  });
  await copyFile(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  await copyFile(join(root, 'docs', 'client.md'), join(folder, 'README.md'));
  await mkdir(out, { recursive: true });
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', out], { cwd: folder });
  process.stdout.write(`${join(out, stdout.trim())}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
