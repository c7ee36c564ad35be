/**
 * A catalogue on disk: a folder, or a package, that has `actions/` with a file per action, and `generated/`
 * with what is made from them. Ours is this folder, with the sets of examples in `sets/`; a company names its
 * own.
 */
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { type Declared, faultsOf } from '#domain/catalogue/faults.ts';

export const builtInRoot = join(import.meta.dirname, '..');

export const setRoot = (name: string): string => join(builtInRoot, 'sets', name);

/** The catalogue cannot be used; each fault names the place and what to do. */
export class CatalogueError extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`The catalogue cannot be used:\n${faults.map(fault => `  ${fault}`).join('\n')}`);
    this.name = 'CatalogueError';
    this.faults = faults;
  }
}

/** The folder that a setting names: a path, or a package as resolved from `from`. */
export const catalogueRoot = (name: string, from = process.cwd()): string => {
  const path = resolve(from, name);
  if (existsSync(path) && statSync(path).isDirectory()) return realpathSync(path);
  try {
    return dirname(createRequire(join(from, 'package.json')).resolve(`${name}/package.json`));
  } catch (error) {
    throw new CatalogueError([
      `"${name}" is neither a folder nor a package that can be resolved from ${from} ` +
        `(${(error as NodeJS.ErrnoException).code ?? (error as Error).message})`,
    ]);
  }
};

/** Reads TypeScript as it is, and as a module wherever it is: no package.json above it has to say so. */
const importFile = async <T>(file: string): Promise<T> => {
  // Few commands need it; what it has for `require` does not import TypeScript.
  const { tsImport } = await import('tsx/esm/api');
  return (await tsImport(pathToFileURL(file).href, import.meta.url)) as T;
};

const isActionFile = (name: string): boolean =>
  ['.ts', '.js', '.mjs'].includes(extname(name)) && !name.endsWith('.d.ts');

/** The files of a catalogue's actions, in the order of their names. */
export const actionFiles = (root: string): string[] => {
  const folder = join(root, 'actions');
  if (!existsSync(folder))
    throw new CatalogueError([`${folder} is not there; "annals catalogue add" makes it with a first action`]);
  return readdirSync(folder)
    .filter(isActionFile)
    .sort()
    .map(name => join(folder, name));
};

/** The action that a file must declare, by its name. */
export const actionOfFile = (file: string): string => basename(file, extname(file));

/** The set that a folder is, if it is one. */
export const setOf = (root: string): string | undefined =>
  setRoot(basename(root)) === root ? basename(root) : undefined;

/**
 * Reads every file of a catalogue's actions. Throws `CatalogueError` if one declares no action, or another
 * than its name says.
 */
export const readActions = async (root: string): Promise<Declared[]> => {
  const faults: string[] = [];
  const declared: Declared[] = [];
  for (const file of actionFiles(root)) {
    const { action, fault } = await importFile<{ action?: ActionDefinition; fault?: undefined }>(file).catch(
      (error: Error) => ({ action: undefined, fault: error.message }),
    );
    if (fault !== undefined) faults.push(`${file}: It cannot be read: ${fault}`);
    else if (typeof action !== 'object' || action === null)
      faults.push(`${file}: It exports no "action"; export the definition under that name`);
    else if (action.action !== actionOfFile(file))
      faults.push(`${file}: It declares "${action.action}"; name file and action alike`);
    else
      declared.push({ definition: action, source: file, isBuiltIn: root === builtInRoot, set: setOf(root) });
  }
  if (faults.length > 0) throw new CatalogueError(faults);
  return declared;
};

export type CompanyCatalogue = {
  actions: readonly ActionDefinition[];
  /** The module that exports them, for a bundle. */
  module: string;
};

/**
 * A company's catalogue as it was built, to be used together with ours. Throws `CatalogueError` if it has not
 * been built since an action was added, or is wrong.
 */
export const loadCompanyCatalogue = async (
  name: string,
  ours: readonly Declared[],
  from?: string,
): Promise<CompanyCatalogue> => {
  const root = catalogueRoot(name, from);
  const module = ['actions.ts', 'actions.js', 'actions.mjs']
    .map(file => join(root, 'generated', file))
    .find(existsSync);
  const rebuild = `run "annals catalogue build --catalogue ${name}"`;
  if (module === undefined) throw new CatalogueError([`${root} has not been built; ${rebuild}`]);
  const { actions } = await importFile<{ actions: readonly ActionDefinition[] }>(module);
  const built = new Set(actions.map(({ action }) => action));
  const files = actionFiles(root);
  if (built.size !== files.length || files.some(file => !built.has(actionOfFile(file))))
    throw new CatalogueError([`${module} is not of the files that are there now; ${rebuild}`]);
  const faults = faultsOf([
    ...ours,
    ...actions.map(definition => ({ definition, source: `${root}: ${definition.action}`, isBuiltIn: false })),
  ]);
  if (faults.length > 0) throw new CatalogueError(faults);
  return { actions, module };
};
