/** Generates types, schemas and docs from a catalogue, or checks that they are up to date. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import {
  type Build,
  type BuildInput,
  buildCatalogue,
  type Released,
  releasedFile,
} from '#catalogue/build/build.ts';
import {
  builtInRoot,
  CatalogueError,
  catalogueRoot,
  readActions,
  setOf,
  setRoot,
} from '#catalogue/build/folder.ts';
import { setNames } from '#catalogue/choice.ts';
import { Failure } from '#cli/failure.ts';
import { printJson, printText } from '#cli/output.ts';
import { paint, visible } from '#cli/terminal.ts';
import { type BuildOptions, chosen, refused, requireRoot } from './named-catalogue.ts';

/** A company's catalogue or a set is built alone; the built-in catalogue together with all its sets. */
const buildInputs = async (name: string, options: BuildOptions): Promise<BuildInput[]> => {
  const root = catalogueRoot(name);
  const docs = options.docs ?? join(root, 'generated', 'events.md');
  const withdraw = options.withdraw ?? [];
  const setInput = async (set: string): Promise<BuildInput> => ({
    ...(await readCatalogue(setRoot(set))),
    beside: await readActions(builtInRoot),
    docs: undefined,
  });
  const set = setOf(root);
  if (set !== undefined) return [{ ...(await setInput(set)), withdraw }];
  const isBuiltIn = root === builtInRoot;
  const sets = await Promise.all((isBuiltIn ? setNames : chosen(options)).map(setRoot).map(readActions));
  const beside = [...(isBuiltIn ? [] : await readActions(builtInRoot)), ...sets.flat()];
  const input = { ...(await readCatalogue(root)), beside, docs, withdraw };
  return isBuiltIn ? [input, ...(await Promise.all(setNames.map(setInput)))] : [input];
};

const readCatalogue = async (root: string): Promise<Pick<BuildInput, 'root' | 'declared' | 'released'>> => {
  const file = releasedFile(root);
  const text = await readText(file);
  return {
    root,
    declared: await readActions(root),
    released: text === undefined ? {} : parseReleased(file, text),
  };
};

const buildAll = async (inputs: readonly BuildInput[]): Promise<Build> => {
  const builds = await Promise.all(inputs.map(buildCatalogue));
  return {
    files: new Map(builds.flatMap(({ files }) => [...files])),
    faults: [...new Set(builds.flatMap(({ faults }) => faults))],
    added: builds.flatMap(({ added }) => added),
    withdrawn: builds.flatMap(({ withdrawn }) => withdrawn),
  };
};

const parseReleased = (file: string, text: string): Released => {
  try {
    return JSON.parse(text) as Released;
  } catch (error) {
    const fault = `${file}: It is not JSON (${(error as Error).message}); restore it from version control`;
    throw new CatalogueError([fault]);
  }
};

const readText = (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? undefined : Promise.reject(error),
  );

export const build = async ({ check = false, ...options }: BuildOptions): Promise<void> => {
  const name = requireRoot(options);
  if (check && options.withdraw)
    throw new Failure(2, 'Use --check or --withdraw, not both: --check writes nothing');
  const { files, faults, added, withdrawn } = await refused(async () =>
    buildAll(await buildInputs(name, options)),
  );
  if (faults.length > 0) throw new Failure(1, new CatalogueError(faults).message);
  const stale: string[] = [];
  for (const [file, text] of files) if ((await readText(file)) !== text) stale.push(file);
  const names = stale.map(file => relative(process.cwd(), file));
  if (check && stale.length > 0)
    throw new Failure(
      1,
      `Generated files are out of date: ${names.join(', ')}; run the build without --check, and commit them`,
    );
  for (const file of stale) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, files.get(file)!);
  }
  if (options.json) return printJson({ added, withdrawn, written: names });
  for (const item of withdrawn)
    await printText(
      `${paint('yellow', 'withdrew')} ${visible(item)}: if events of it are stored after all, no schema describes them`,
    );
  for (const item of added) await printText(`${paint('green', 'released')} ${visible(item)}`);
  return printText(
    names.length === 0 ? 'Generated files are up to date' : `wrote ${names.map(visible).join(', ')}`,
  );
};
