/**
 * Which actions an installation knows. The actions that Annals records about itself are always there. Besides
 * them come the company's, if it names a catalogue, and the sets that it chooses: actions that Annals brings
 * as examples. If it names neither, all sets are there, so that a first event finds its action.
 */
import { join } from 'node:path';
import type { ActionDefinition } from '#domain/catalogue/action.ts';
import type { Declared } from '#domain/catalogue/faults.ts';
import { builtInRoot, loadCompanyCatalogue } from './build/folder.ts';
import { actions as builtInActions } from './generated/actions.ts';
import { actions as circleci } from './sets/circleci/generated/actions.ts';

const sets: Readonly<Record<string, readonly ActionDefinition[]>> = { circleci };
export const setNames: readonly string[] = Object.keys(sets);

export type CatalogueChoice = {
  /** The folder or package of the company's own actions. */
  catalogue?: string | undefined;
  /** The sets to have besides them; `none` leaves out all, if there is no catalogue either. */
  catalogueWith?: readonly string[] | undefined;
};

export const isChoiceOfSets = (names: readonly string[]): boolean =>
  names.every(name => setNames.includes(name)) || (names.length === 1 && names[0] === 'none');

/** For messages. */
export const expectedSets = `Expected names of sets (${setNames.join(', ')}), separated by commas, or none`;

export const chosenSets = ({ catalogue, catalogueWith }: CatalogueChoice): readonly string[] =>
  catalogueWith === undefined
    ? catalogue === undefined
      ? setNames
      : []
    : setNames.filter(name => catalogueWith.includes(name));

export type ChosenCatalogue = {
  actions: readonly ActionDefinition[];
  /** What a bundle has in the place of modules that `installed.ts` imports. */
  modules: Readonly<Record<string, string>>;
};

/**
 * Throws `CatalogueError` if the company's catalogue cannot be used, or declares an action of a chosen set.
 */
export const chooseCatalogue = async (choice: CatalogueChoice): Promise<ChosenCatalogue> => {
  const chosen = chosenSets(choice);
  const ours = [
    ...declaredBy(builtInActions, "Annals' own catalogue", true),
    ...chosen.flatMap(name => declaredBy(sets[name]!, `the chosen set ${name}`, false)),
  ];
  const { catalogue } = choice;
  const company = catalogue === undefined ? undefined : await loadCompanyCatalogue(catalogue, ours);
  return {
    actions: [...ours.map(({ definition }) => definition), ...(company?.actions ?? [])],
    modules: {
      ...modulesOfSets(choice),
      ...(company ? { '#catalogue/company.ts': company.module } : {}),
    },
  };
};

/** What a bundle has in the place of the sets that are not chosen. */
export const modulesOfSets = (choice: CatalogueChoice): Record<string, string> => {
  const nothing = join(builtInRoot, 'company.ts');
  const chosen = chosenSets(choice);
  return Object.fromEntries(
    setNames
      .filter(name => !chosen.includes(name))
      .map(name => [`#catalogue/sets/${name}/generated/actions.ts`, nothing]),
  );
};

const declaredBy = (actions: readonly ActionDefinition[], source: string, isBuiltIn: boolean): Declared[] =>
  actions.map(definition => ({ definition, source, isBuiltIn }));
