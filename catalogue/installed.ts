/** The catalogue that a function holds events against: Annals' actions, and the company's. */
import { actions as companyActions } from '#catalogue/company.ts';
import { Catalogue } from '#domain/catalogue.ts';
import { actions } from './generated/actions.ts';

export const installedCatalogue = new Catalogue([...actions, ...companyActions]);
