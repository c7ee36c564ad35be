/**
 * The catalogue that a function checks events against: Annals' own actions, its sets, and the company's. A
 * bundle has nothing in the place of sets that the installation did not choose (`choice.ts`).
 */

// By this very name: a bundle has the company's actions in its place, and esbuild replaces no relative imports.
import { actions as companyActions } from '#catalogue/company.ts';
import { actions as circleci } from '#catalogue/sets/circleci/generated/actions.ts';
import { Catalogue } from '#domain/catalogue/catalogue.ts';
import { actions } from './generated/actions.ts';

export const installedCatalogue = new Catalogue([...actions, ...circleci, ...companyActions]);
