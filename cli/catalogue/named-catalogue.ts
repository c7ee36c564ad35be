/** The catalogue that a command works on: its folder, its sets of examples, and its actions. */
import { builtInRoot, CatalogueError, catalogueRoot, readActions, setRoot } from '#catalogue/build/folder.ts';
import { chosenSets } from '#catalogue/choice.ts';
import { setting } from '#cli/environment.ts';
import { Failure } from '#cli/failure.ts';
import { Catalogue } from '#domain/catalogue/catalogue.ts';
import { setsOf } from './sets.ts';

export type CatalogueOptions = { catalogue?: string; with?: string; json: boolean };
export type AddOptions = CatalogueOptions & { targetType?: string; owner?: string };
export type BuildOptions = CatalogueOptions & {
  check?: boolean;
  docs?: string;
  withdraw?: readonly string[];
};

const namedCatalogue = ({ catalogue }: CatalogueOptions): string | undefined =>
  catalogue ?? setting('ANNALS_CATALOGUE');

const namedSets = ({ with: flag }: CatalogueOptions): readonly string[] | undefined => {
  const value = flag ?? setting('ANNALS_CATALOGUE_WITH');
  const name = flag === undefined ? 'ANNALS_CATALOGUE_WITH' : '--with';
  return setsOf(value === undefined ? undefined : { value, name });
};

export const requireRoot = (options: CatalogueOptions): string => {
  const name = namedCatalogue(options);
  if (name === undefined)
    throw new Failure(
      2,
      'Name the folder of your catalogue with --catalogue or ANNALS_CATALOGUE; "annals catalogue add" creates it',
    );
  return name;
};

/** Turns a `CatalogueError` into a failure of the command. */
export const refused = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw error instanceof CatalogueError ? new Failure(1, error.message, { cause: error }) : error;
  }
};

/** The sets of examples that are included. */
export const chosen = (options: CatalogueOptions): readonly string[] =>
  chosenSets({ catalogue: namedCatalogue(options), catalogueWith: namedSets(options) });

/** Reads the built-in actions, the included sets and the company's actions from their files. */
export const openCatalogue = async (options: CatalogueOptions): Promise<Catalogue> => {
  const name = namedCatalogue(options);
  return refused(async () => {
    const root = name === undefined ? builtInRoot : catalogueRoot(name);
    const sets = root === builtInRoot ? chosenSets({ catalogueWith: namedSets(options) }) : chosen(options);
    const roots = new Set([builtInRoot, ...sets.map(setRoot), root]);
    const declared = (await Promise.all([...roots].map(readActions))).flat();
    return new Catalogue(declared.map(({ definition }) => definition));
  });
};
