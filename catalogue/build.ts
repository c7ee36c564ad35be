/**
 * What is made from a catalogue's files, and the gate that they have to pass: no fault in a definition, and no change of a
 * released schema that events already stored could contradict. `generated/released.json` holds the schemas that were
 * released; it follows compatible changes, and nothing else changes it.
 */
import { basename, join } from 'node:path';
import { type ActionDefinition, type PayloadSchema, versionNumbers } from '#domain/action.ts';
import { type Declared, faultsOf } from '#domain/catalogue-faults.ts';
import { incompatibleChanges } from '#domain/schema-changes.ts';
import { madeBy } from './made-by.ts';
import { printDocs } from './print-docs.ts';
import { printTypes } from './print-types.ts';

/** The released schemas, by action and version. */
export type Released = Readonly<Record<string, Readonly<Record<string, PayloadSchema>>>>;

export type Build = {
  /** What is to stand in which file, by its path. Empty where there are faults. */
  files: ReadonlyMap<string, string>;
  faults: readonly string[];
  /** What is in the catalogue and was not released before, as `action, version n`. */
  added: readonly string[];
};

export type BuildInput = {
  root: string;
  /** The actions of this catalogue. */
  declared: readonly Declared[];
  /** Those that it is used beside: ours, of a company's. */
  beside: readonly Declared[];
  released: Released;
  /** Where the reference for people goes. */
  docs: string;
};

export const releasedFile = (root: string): string => join(root, 'generated', 'released.json');

export const buildCatalogue = async ({
  root,
  declared,
  beside,
  released,
  docs,
}: BuildInput): Promise<Build> => {
  const definitions = declared.map(({ definition }) => definition);
  const faults = faultsOf([...beside, ...declared]);
  if (faults.length === 0) faults.push(...faultsOfChanges(definitions, released));
  if (faults.length > 0) return { files: new Map(), faults, added: [] };
  const all = [...beside.map(({ definition }) => definition), ...definitions].sort((a, b) =>
    a.action < b.action ? -1 : 1,
  );
  const added = definitions.flatMap(definition =>
    versionNumbers(definition)
      .filter(number => !released[definition.action]?.[number])
      .map(number => `${definition.action}, version ${number}`),
  );
  return {
    files: new Map([
      [join(root, 'generated', 'actions.ts'), printIndex(declared)],
      [join(root, 'generated', 'events.ts'), await printTypes(all)],
      [releasedFile(root), `${JSON.stringify(schemasOf(definitions), null, 2)}\n`],
      [docs, printDocs(all)],
    ]),
    faults,
    added,
  };
};

const schemasOf = (definitions: readonly ActionDefinition[]): Released =>
  Object.fromEntries(
    definitions.map(({ action, versions }) => [
      action,
      Object.fromEntries(Object.entries(versions).map(([number, { schema }]) => [number, schema])),
    ]),
  );

const faultsOfChanges = (definitions: readonly ActionDefinition[], released: Released): string[] => {
  const current = new Map(definitions.map(definition => [definition.action, definition]));
  return Object.entries(released).flatMap(([action, versions]) =>
    Object.entries(versions).flatMap(([number, schema]) => {
      const name = `${action}, version ${number}`;
      const declared = current.get(action)?.versions[Number(number)];
      if (!declared)
        return [
          `${name} was released and is gone, so nobody could tell what its events hold: put it back, and say in "deprecated" that it is not emitted any more`,
        ];
      return incompatibleChanges(schema, declared.schema).map(
        ({ path, what }) =>
          `${name}: ${path || '/'}: ${what}. Events of this version are stored: leave it as it was released, and declare version ${Math.max(...Object.keys(versions).map(Number)) + 1} with the change, and an upcaster where one can be written`,
      );
    }),
  );
};

/** A module that imports every action, for bundlers; in the order of the files' names. */
const printIndex = (declared: readonly Declared[]): string => {
  const nameOf = ({ definition }: Declared): string => `$${definition.action.replaceAll('.', '$')}`;
  return `/** Every action of this catalogue. ${madeBy} */
${declared.map(item => `import { action as ${nameOf(item)} } from '../actions/${basename(item.source)}';`).join('\n')}

export const actions = [
${declared.map(item => `  ${nameOf(item)},`).join('\n')}
];
`;
};
