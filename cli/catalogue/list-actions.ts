/** Lists the actions of a catalogue. */
import { print } from '#cli/print.ts';
import { currentVersion } from '#domain/catalogue/action.ts';
import { type CatalogueOptions, openCatalogue } from './named-catalogue.ts';

export const listActions = async (options: CatalogueOptions): Promise<void> => {
  const { actions } = await openCatalogue(options);
  const rows = actions.map(definition => ({
    action: definition.action,
    version: currentVersion(definition),
    target: definition.targetType,
    owner: definition.owner,
    since: definition.versions[1]!.since,
  }));
  return print(options, rows, { table: rows, none: 'No actions' });
};
