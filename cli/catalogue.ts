/**
 * `annals catalogue`: starts an action, makes what follows from the actions, lists them, and shows what events of old
 * versions are in the current form. It works on files alone; no server is needed.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { type BuildInput, buildCatalogue, type Released, releasedFile } from '#catalogue/build.ts';
import { CatalogueError, catalogueRoot, ownRoot, readActions } from '#catalogue/folder.ts';
import { currentVersion, type Payload } from '#domain/action.ts';
import { Catalogue } from '#domain/catalogue.ts';
import type { Declared } from '#domain/catalogue-faults.ts';
import { isAction, ownActions } from '#domain/event.ts';
import { maxRequestBytes } from '#domain/request-limits.ts';
import { setting } from './environment.ts';
import { openEventFile } from './event-file.ts';
import { withoutMark } from './event-lines.ts';
import { Failure } from './failure.ts';
import { print, printJson, writeOutput } from './output.ts';
import { renderTable } from './table.ts';
import { paint, visible } from './terminal.ts';

export type CatalogueOptions = { catalogue?: string; json: boolean };

const namedCatalogue = ({ catalogue }: CatalogueOptions): string | undefined =>
  catalogue ?? setting('ANNALS_CATALOGUE');

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
  if (action.startsWith(ownActions) && root !== ownRoot)
    throw new Failure(2, `Actions under "${ownActions}" are Annals' own; choose another name`);
  const file = join(root, 'actions', `${action}.ts`);
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(file, skeleton(action, targetType, owner, root === ownRoot), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new Failure(1, `${file} is there already; edit that`, { cause: error });
  }
  if (options.json) return printJson({ action, file });
  return print(
    `${paint('green', 'started')} ${visible(relative(process.cwd(), file))}\nSay there what the action means and what its payload holds, then run: annals catalogue build --catalogue ${visible(name)}`,
  );
};

const skeleton = (
  action: string,
  targetType: string | undefined,
  owner = 'the team that answers for it',
  isOwn: boolean,
): string =>
  `/** \`${action}\`, as the catalogue has it. */
import type { ActionDefinition } from '${isOwn ? '#domain/action.ts' : 'annals/catalogue'}';

export const action = {
  action: '${action}',
  description: 'What happened, in one sentence.',
  emittedWhen: 'At which moment it is recorded, and whether a failed attempt is too.',
  targetType: ${JSON.stringify(targetType ?? action.split('.').at(-2))},
  owner: ${JSON.stringify(owner)},
  versions: {
    1: {
      since: '${new Date().toISOString().slice(0, 10)}',
      schema: {
        type: 'object',
        properties: {
          name: { type: 'string', description: 'What this member holds. Never a secret.' },
        },
      },
      example: { name: 'deploy' },
    },
  },
} satisfies ActionDefinition;
`;

const buildInput = async (name: string, docs: string | undefined): Promise<BuildInput> => {
  const root = catalogueRoot(name);
  const declared = await readActions(root);
  const beside: Declared[] = root === ownRoot ? [] : await readActions(ownRoot);
  const file = releasedFile(root);
  const released = existsSync(file) ? parseReleased(file, await readFile(file, 'utf8')) : {};
  return { root, declared, beside, released, docs: docs ?? join(root, 'generated', 'events.md') };
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

export const build = async ({
  check = false,
  docs,
  ...options
}: CatalogueOptions & { check?: boolean; docs?: string }): Promise<void> => {
  const name = requireRoot(options);
  const { files, faults, added } = await refused(async () => buildCatalogue(await buildInput(name, docs)));
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
  if (options.json) return printJson({ added, written });
  for (const item of added) await print(`${paint('green', 'released')} ${visible(item)}`);
  return print(
    written.length === 0 ? 'All is as the actions have it' : `wrote ${written.map(visible).join(', ')}`,
  );
};

/** Ours and the company's, from their files. */
const openCatalogue = async (options: CatalogueOptions): Promise<Catalogue> => {
  const name = namedCatalogue(options);
  return refused(async () => {
    const root = name === undefined ? ownRoot : catalogueRoot(name);
    const declared = [...(await readActions(ownRoot)), ...(root === ownRoot ? [] : await readActions(root))];
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
