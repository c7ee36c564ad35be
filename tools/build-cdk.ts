/**
 * `npm run build:cdk`: makes `annals/cdk` in `dist/cdk`, as JavaScript with its types, so that a CDK app needs no
 * loader for TypeScript. The functions stay as sources, which the synthesis bundles.
 */
import { execFile } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'dist', 'cdk');
const posix = (path: string): string => path.split(sep).join('/');

/** A file finds others from where it is among the sources, which the package has too. */
const ownPlaces: Plugin = {
  name: 'own places',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const place = JSON.stringify(posix(relative(folder, dirname(path))));
      return { contents: text.replaceAll('import.meta.dirname', `placeOf(${place})`), loader: 'ts' };
    });
  },
};

const bundle = async (): Promise<void> => {
  const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const packages = ['aws-cdk-lib', 'constructs', ...Object.keys(dependencies)];
  await build({
    entryPoints: [join(root, 'lib', 'cdk.ts')],
    absWorkingDir: root,
    outfile: join(folder, 'cdk.js'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    external: packages.flatMap(name => [name, `${name}/*`]),
    plugins: [ownPlaces],
    banner: {
      js: [
        `import { join as joinPlace } from 'node:path';`,
        `const placeOf = place => joinPlace(import.meta.dirname, place);`,
      ].join('\n'),
    },
  });
};

/** Only relative imports are known outside of this project, and of declarations under the name of their code. */
export const withRelativeImports = (text: string, depth: number): string =>
  text
    .replaceAll(
      /(['"])#([^'"]+)\1/g,
      (_, quote, path) => `${quote}${'../'.repeat(depth) || './'}${path}${quote}`,
    )
    .replaceAll(/(['"]\.{1,2}\/[^'"]+)\.ts(['"])/g, '$1.js$2');

const declare = async (): Promise<void> => {
  const types = join(folder, 'types');
  const settings = join(folder, 'tsconfig.json');
  await writeFile(
    settings,
    JSON.stringify({
      extends: '../../lib/tsconfig.json',
      compilerOptions: {
        rootDir: '../..',
        outDir: types,
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
      },
      include: [],
      files: ['../../lib/cdk.ts'],
    }),
  );
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  await promisify(execFile)(process.execPath, [tsc, '--project', settings], { cwd: root });
  await rm(settings);
  for (const name of await readdir(types, { recursive: true })) {
    if (!name.endsWith('.d.ts')) continue;
    const path = join(types, name);
    const depth = posix(name).split('/').length - 1;
    await writeFile(path, withRelativeImports(await readFile(path, 'utf8'), depth));
  }
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await rm(folder, { recursive: true, force: true });
  await bundle();
  await declare();
}
