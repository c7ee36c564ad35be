/** The view "Exports": asks for one, lists those of the log, and shows one. */
import SpaceBetween from '@cloudscape-design/components/space-between';
import { usePage } from '../page-context.tsx';
import { ExportDetails } from './export-details.tsx';
import { ExportForm } from './export-form.tsx';
import { History } from './history.tsx';
import { useExports } from './use-exports.tsx';

export const Exports = () => {
  const { view } = usePage();
  const exports = useExports();
  return (
    <SpaceBetween size="l">
      {view.item === undefined ? <ExportForm onAsked={exports.ask} /> : <ExportDetails id={view.item} />}
      <History {...exports} />
    </SpaceBetween>
  );
};
