// @ts-check
/** Makes the bundle of an entry: all our code that it imports, and the packages, in one script. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { keepBundle } from './kept-bundle.js';

/** Packages with files of their own beside their code, and those that few commands need. */
const external = ['@duckdb/node-bindings', 'esbuild', 'tsx', 'json-schema-to-typescript'];

/** The script is a function of what a module of CommonJS has; see `run-bundle.js`. */
const head = '(function (exports, require, module, importPackage) {';
const foot = '})';

/**
 * In a bundle every file would have the bundle's place; and V8 refuses `import()` in a script that it has from
 * the compiled code that is kept.
 * @param {string} root
 * @returns {import('esbuild').Plugin}
 */
const ownPlaces = root => ({
  name: 'own places',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      // The root may itself be below a node_modules, where a package is.
      if (!path.startsWith(root) || path.slice(root.length).includes('node_modules')) return undefined;
      const text = await readFile(path, 'utf8');
      const contents = text
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
        .replaceAll(/\bimport\((?='[^#.])/g, 'importPackage(');
      return { contents, loader: 'ts' };
    });
  },
});

/** What decides which files are read. @param {readonly string[]} files @param {string} root */
const decidingFiles = (files, root) => {
  const packages = files.flatMap(file => file.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []);
  return [
    ...[...new Set(packages)].map(folder => join(folder, 'package.json')),
    ...['package.json', 'tsconfig.json', 'node_modules/.package-lock.json'].map(name => join(root, name)),
    ...['build-bundle.js', 'kept-bundle.js', 'run-bundle.js'].map(name => join(import.meta.dirname, name)),
  ];
};

/**
 * Makes the bundle of an entry, and keeps it in the folder if that is possible.
 * @param {{ root: string, entry: string, folder: string, nowMs?: () => number }} options
 * @returns {Promise<import('./kept-bundle.js').Bundle & { warnings: string[] }>}
 */
export const buildBundle = async ({ root, entry, folder, nowMs = Date.now }) => {
  const startedMs = nowMs();
  const { outputFiles, metafile, warnings } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: join(folder, 'bundle.cjs'),
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    mainFields: ['module', 'main'],
    sourcemap: 'external',
    sourcesContent: false,
    // V8 refuses `import()` in a kept script, also where a package has it: the SDK loads its HTTP client so.
    supported: { 'dynamic-import': false },
    // Smaller to read; a stack shows our sources all the same.
    minifyWhitespace: true,
    legalComments: 'none',
    external,
    banner: { js: head },
    footer: { js: foot },
    plugins: [ownPlaces(root)],
    logLevel: 'silent',
  });
  const [map, script] = /** @type {[import('esbuild').OutputFile, import('esbuild').OutputFile]} */ (
    outputFiles
  );
  const code = Buffer.from(script.contents);
  const files = Object.keys(metafile.inputs).map(file => resolve(root, file));
  const hash = createHash('sha256').update(code).digest('hex').slice(0, 16);
  const path = join(folder, `bundle-${hash}.cjs`);
  keepBundle(folder, {
    name: relative(folder, path),
    code,
    map: map.contents,
    inputs: [...files, ...decidingFiles(files, root)],
    startedMs,
  });
  return { code, map: map.text, path, warnings: warnings.map(({ text }) => text) };
};
