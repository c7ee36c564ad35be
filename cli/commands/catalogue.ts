/**
 * `annals catalogue`: starts an action, makes what follows from the actions, lists them, and shows what events of old
 * versions are in the current form. It works on files alone; no server is needed.
 */
import { existsSync } from 'node:fs';
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
import { printTemplate } from '#catalogue/build/template.ts';
import { chosenSets, setNames } from '#catalogue/choice.ts';
import { setsOf } from '#cli/catalogue-sets.ts';
import { setting } from '#cli/environment.ts';
import { Failure } from '#cli/failure.ts';
import { print, printJson, writeOutput } from '#cli/output.ts';
import { openEventFile } from '#cli/send/event-file.ts';
import { withoutMark } from '#cli/send/event-lines.ts';
import { renderTable } from '#cli/table.ts';
import { paint, visible } from '#cli/terminal.ts';
import { currentVersion, type Payload } from '#domain/catalogue/action.ts';
import { Catalogue } from '#domain/catalogue/catalogue.ts';
import { isAction, reservedPrefix } from '#domain/event/event.ts';
import { maxRequestBytes } from '#domain/receive/limits.ts';

export type CatalogueOptions = { catalogue?: string; with?: string; json: boolean };

const namedCatalogue = ({ catalogue }: CatalogueOptions): string | undefined =>
  catalogue ?? setting('ANNALS_CATALOGUE');

const namedSets = ({ with: flag }: CatalogueOptions): readonly string[] | undefined => {
  const value = flag ?? setting('ANNALS_CATALOGUE_WITH');
  const name = flag === undefined ? 'ANNALS_CATALOGUE_WITH' : '--with';
  return setsOf(value === undefined ? undefined : { value, name });
};

const requireRoot = (options: CatalogueOptions): string => {
  const name = namedCatalogue(options);
  if (name === undefined)
    throw new Failure(
      2,
      'Name the folder of your catalogue with --catalogue, or in ANNALS_CATALOGUE; "annals catalogue add" makes one',
    );
  return name;
};

/** Faults of a catalogue are its author's: the command was refused. */
const refused = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw error instanceof CatalogueError ? new Failure(1, error.message, { cause: error }) : error;
  }
};

export const addAction = async (
  action: string,
  { targetType, owner, ...options }: CatalogueOptions & { targetType?: string; owner?: string },
): Promise<void> => {
  if (!isAction(action))
    throw new Failure(
      2,
      `"${action}" is no action: expected lowercase words separated by dots, the entity first and the action last, as in "context.create"`,
    );
  const name = requireRoot(options);
  const root = existsSync(name) ? await refused(async () => catalogueRoot(name)) : name;
  if (action.startsWith(reservedPrefix) && root !== builtInRoot)
    throw new Failure(2, `Actions under "${reservedPrefix}" are Annals' own; choose another name`);
  const file = join(root, 'actions', `${action}.ts`);
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(file, printTemplate({ action, targetType, owner }, typesFor(root)), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new Failure(1, `${file} is there already; edit that`, { cause: error });
  }
  if (options.json) return printJson({ action, file });
  return print(
    `${paint('green', 'started')} ${visible(relative(process.cwd(), file))}\nSay there what the action means and what its payload holds, then run: annals catalogue build --catalogue ${visible(name)}`,
  );
};

/** Ours are not read through the package that companies see. */
const typesFor = (root: string): string =>
  root === builtInRoot ? '#domain/catalogue/action.ts' : 'annals/catalogue';

export type BuildOptions = CatalogueOptions & {
  check?: boolean;
  docs?: string;
  withdraw?: readonly string[];
};

/** What is built: a company's catalogue, or a set, by itself; Annals' own together with all its sets. */
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

const chosen = (options: CatalogueOptions): readonly string[] =>
  chosenSets({ catalogue: namedCatalogue(options), catalogueWith: namedSets(options) });

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
    throw new Failure(2, '--check writes nothing, so it withdraws nothing: leave out --check or --withdraw');
  const { files, faults, added, withdrawn } = await refused(async () =>
    buildAll(await buildInputs(name, options)),
  );
  if (faults.length > 0) throw new Failure(1, new CatalogueError(faults).message);
  const stale: string[] = [];
  for (const [file, text] of files) if ((await readText(file)) !== text) stale.push(file);
  if (check && stale.length > 0)
    throw new Failure(
      1,
      `Not as the actions have it: ${stale.map(file => relative(process.cwd(), file)).join(', ')}; run the build without --check, and commit what it writes`,
    );
  for (const file of stale) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, files.get(file)!);
  }
  const written = stale.map(file => relative(process.cwd(), file));
  if (options.json) return printJson({ added, withdrawn, written });
  for (const item of withdrawn)
    await print(
      `${paint('yellow', 'withdrew')} ${visible(item)}: if events of it are stored after all, nothing describes them as they were sent`,
    );
  for (const item of added) await print(`${paint('green', 'released')} ${visible(item)}`);
  return print(
    written.length === 0 ? 'All is as the actions have it' : `wrote ${written.map(visible).join(', ')}`,
  );
};

/** Ours, the sets that are chosen, and the company's, from their files. */
const openCatalogue = async (options: CatalogueOptions): Promise<Catalogue> => {
  const name = namedCatalogue(options);
  return refused(async () => {
    const root = name === undefined ? builtInRoot : catalogueRoot(name);
    const sets = root === builtInRoot ? chosenSets({ catalogueWith: namedSets(options) }) : chosen(options);
    const roots = new Set([builtInRoot, ...sets.map(setRoot), root]);
    const declared = (await Promise.all([...roots].map(readActions))).flat();
    return new Catalogue(declared.map(({ definition }) => definition));
  });
};

export const listActions = async (options: CatalogueOptions): Promise<void> => {
  const { actions } = await openCatalogue(options);
  const rows = actions.map(definition => ({
    action: definition.action,
    version: currentVersion(definition),
    target: definition.targetType,
    owner: definition.owner,
    since: definition.versions[1]!.since,
  }));
  return options.json ? printJson(rows) : print(renderTable(rows));
};

/** Prints each event as it came, with its `current` form beside it if its action has a newer one. */
export const showCurrent = async (path: string, options: CatalogueOptions): Promise<void> => {
  const catalogue = await openCatalogue(options);
  const { lines, unit } = await openEventFile(path);
  for await (const { bytes, number } of lines) {
    if (!bytes) throw new Failure(1, `The ${unit} ${number} is longer than ${maxRequestBytes} bytes`);
    const current = currentOf(catalogue, withoutMark(bytes).toString(), number);
    const end = bytes.lastIndexOf('}');
    const shown =
      current === undefined
        ? [bytes]
        : [bytes.subarray(0, end), Buffer.from(`,"current":${JSON.stringify(current)}}`)];
    await writeOutput(Buffer.concat([...shown, Buffer.from('\n')]));
  }
};

const currentOf = (catalogue: Catalogue, line: string, number: number) => {
  const wrong = (cause?: unknown): Failure =>
    new Failure(1, `Line ${number} is no event: expected a JSON object with an action and a payload`, {
      cause,
    });
  let event: { action?: unknown; version?: unknown; payload?: unknown };
  let payload: unknown;
  try {
    event = JSON.parse(line) as typeof event;
    // In the ledger, nested fields are strings that hold JSON.
    payload = typeof event.payload === 'string' ? JSON.parse(event.payload) : (event.payload ?? {});
  } catch (error) {
    throw wrong(error);
  }
  if (typeof event?.action !== 'string' || typeof payload !== 'object' || payload === null) throw wrong();
  return catalogue.currentForm(event.action, Number(event.version ?? 1), payload as Payload);
};
