/**
 * Builds what is made from a catalogue's files, behind a gate: no fault in a definition, and no change of a
 * released schema that stored events could contradict. `generated/released.json` holds the released schemas.
 * It follows compatible changes, and loses a version only if somebody withdraws it.
 */
import { basename, join } from 'node:path';
import { type ActionDefinition, type PayloadSchema, versionNumbers } from '#domain/catalogue/action.ts';
import { type Declared, faultsOf } from '#domain/catalogue/faults.ts';
import { incompatibleChanges } from '#domain/catalogue/schema-changes.ts';
import { madeBy } from './generated-notice.ts';
import { printDocs } from './print-docs.ts';
import { printTypes } from './print-types.ts';
import { faultsOfTemplate } from './template.ts';

/** The released schemas, by action and version. */
export type Released = Readonly<Record<string, Readonly<Record<string, PayloadSchema>>>>;

export type Build = {
  /** What each file is to hold, by its path. Empty if there are faults. */
  files: ReadonlyMap<string, string>;
  faults: readonly string[];
  /** What is in the catalogue and was not released before, as `action, version n`. */
  added: readonly string[];
  /** Released versions that are withdrawn, in the same form. */
  withdrawn: readonly string[];
};

export type BuildInput = {
  root: string;
  /** The actions of this catalogue. */
  declared: readonly Declared[];
  /**
   * The actions that it is used with: for a company's catalogue, ours and those of the sets that it chose.
   */
  beside: readonly Declared[];
  released: Released;
  /** Released versions of which no event was sent, as `order.refund@1`: the gate forgets them. */
  withdraw?: readonly string[];
  /**
   * Where the reference for people goes. A set has no reference and no types: they are made where it is
   * chosen.
   */
  docs: string | undefined;
};

export const releasedFile = (root: string): string => join(root, 'generated', 'released.json');

export const buildCatalogue = async ({
  root,
  declared,
  beside,
  released: before,
  withdraw = [],
  docs,
}: BuildInput): Promise<Build> => {
  const definitions = declared.map(({ definition }) => definition);
  const faults = faultsOf([...beside, ...declared]);
  if (faults.length > 0) return { files: new Map(), faults, added: [], withdrawn: [] };
  const { released, withdrawn, faults: notWithdrawn } = withdrawFrom(before, withdraw, definitions);
  faults.push(
    ...declared.flatMap(faultsOfTemplate),
    ...notWithdrawn,
    ...faultsOfChanges(definitions, released),
  );
  if (faults.length > 0) return { files: new Map(), faults, added: [], withdrawn: [] };
  const all = [...beside, ...declared].sort((a, b) => (a.definition.action < b.definition.action ? -1 : 1));
  const types = docs && (await printTypes(all.map(({ definition }) => definition)));
  const added = definitions.flatMap(definition =>
    versionNumbers(definition)
      .filter(number => !released[definition.action]?.[number])
      .map(number => `${definition.action}, version ${number}`),
  );
  return {
    files: new Map([
      [join(root, 'generated', 'actions.ts'), printIndex(declared)],
      ...(types ? [[join(root, 'generated', 'events.ts'), types] as const] : []),
      [releasedFile(root), `${JSON.stringify(schemasOf(definitions), null, 2)}\n`],
      ...(docs ? [[docs, printDocs(all)] as const] : []),
    ]),
    faults,
    added,
    withdrawn,
  };
};

const schemasOf = (definitions: readonly ActionDefinition[]): Released =>
  Object.fromEntries(
    definitions.map(({ action, versions }) => [
      action,
      Object.fromEntries(Object.entries(versions).map(([number, { schema }]) => [number, schema])),
    ]),
  );

/**
 * The released schemas, without the versions that are withdrawn. For an action with a single released version
 * the name is enough. A version that the gate would accept unchanged stays.
 */
const withdrawFrom = (
  released: Released,
  names: readonly string[],
  definitions: readonly ActionDefinition[],
): { released: Released; withdrawn: string[]; faults: string[] } => {
  const left = Object.fromEntries(
    Object.entries(released).map(([action, versions]) => [action, { ...versions }]),
  );
  const withdrawn: string[] = [];
  const faults: string[] = [];
  for (const name of new Set(names)) {
    const [action, given] = name.split('@') as [string, string | undefined];
    const numbers = Object.keys(released[action] ?? {});
    const number = Number(given ?? (numbers.length === 1 ? numbers[0] : undefined));
    const schema = released[action]?.[number];
    const declared = definitions.find(definition => definition.action === action)?.versions[number];
    if (!schema)
      faults.push(
        numbers.length === 0
          ? `${action} was never released, so there is nothing of it to withdraw`
          : `Nothing was released as ${name}; say which version to withdraw: ` +
              numbers.map(n => `${action}@${n}`).join(', '),
      );
    else if (declared && incompatibleChanges(schema, declared.schema).length === 0)
      faults.push(`${action}, version ${number} can be built as it is; there is nothing to withdraw`);
    else {
      delete left[action]![number];
      withdrawn.push(`${action}, version ${number}`);
    }
  }
  return { released: left, withdrawn, faults };
};

const faultsOfChanges = (definitions: readonly ActionDefinition[], released: Released): string[] => {
  const current = new Map(definitions.map(definition => [definition.action, definition]));
  return Object.entries(released).flatMap(([action, versions]) =>
    Object.entries(versions).flatMap(([number, schema]) => {
      const name = `${action}, version ${number}`;
      const declared = current.get(action)?.versions[Number(number)];
      if (!declared)
        return [
          `${name} was released and is gone, so nobody could tell what its events hold: put it ` +
            `back, and say in "deprecated" that it is no longer emitted${wayOut(action, number)}`,
        ];
      return incompatibleChanges(schema, declared.schema).map(
        ({ path, what }) =>
          `${name}: ${path || '/'}: ${what}. Events of this version may be stored: leave it as ` +
          'it was released, and declare version ' +
          `${Math.max(...Object.keys(versions).map(Number)) + 1} with the change, and an ` +
          `upcaster if one can be written${wayOut(action, number)}`,
      );
    }),
  );
};

/** Only somebody who knows that no event was sent may withdraw it. */
const wayOut = (action: string, version: string): string =>
  `. If no event of it was ever sent, build with --withdraw ${action}@${version}`;

/** A module that imports every action, for bundlers, in the order of the files' names. */
const printIndex = (declared: readonly Declared[]): string => {
  const nameOf = ({ definition }: Declared): string => `$${definition.action.replaceAll('.', '$')}`;
  return `/** Every action of this catalogue. ${madeBy} */
${declared.map(item => `import { action as ${nameOf(item)} } from '../actions/${basename(item.source)}';`).join('\n')}

export const actions = [
${declared.map(item => `  ${nameOf(item)},`).join('\n')}
];
`;
};
