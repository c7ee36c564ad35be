/** The state of a delivery, its last errors, and the events that its receiver refused. */
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { DataTable } from '../data-table.tsx';
import { usePage } from '../page-context.tsx';
import { printTime } from '../time.ts';
import { Value } from '../value.tsx';
import { laterWords } from '../words/later-words.ts';
import { say } from '../words.ts';
import { type Delivery, describeFault, stateTypeOf } from './describe-delivery.ts';

const { deliveries: texts } = laterWords;

export const DeliveryState = ({ state }: Pick<Delivery, 'state'>) => (
  <StatusIndicator type={stateTypeOf(state)}>{texts.states[state]}</StatusIndicator>
);

export const Errors = ({ one: { id, health } }: { one: Delivery }) => {
  const { zone } = usePage();
  const items = health.errors.map((error, n) => ({ ...error, n }));
  return (
    <DataTable
      title={say(texts.errors, { id })}
      answered={{ is: 'there', answer: { items, hasMore: false } }}
      onRetry={nothing}
      empty={{ title: texts.noErrors }}
      trackBy={({ n }) => String(n)}
      columns={[
        {
          id: 'at',
          header: texts.errorColumns.at,
          isRowHeader: true,
          cell: ({ at }) => printTime(at, zone),
        },
        { id: 'meaning', header: texts.errorColumns.meaning, minWidth: 180, cell: ({ meaning }) => meaning },
        { id: 'cure', header: texts.errorColumns.cure, minWidth: 180, cell: ({ cure }) => cure },
        { id: 'status', header: texts.errorColumns.status, cell: ({ status }) => status ?? '–' },
      ]}
    />
  );
};

export const Refused = ({ one: { id, health } }: { one: Delivery }) => {
  const { zone } = usePage();
  const items = health.undelivered.newest.map((event, n) => ({ ...event, n }));
  return (
    <DataTable
      title={say(texts.lost, { id })}
      explain={say(texts.lostText, { n: items.length })}
      answered={{ is: 'there', answer: { items, hasMore: false } }}
      onRetry={nothing}
      empty={{ title: texts.noErrors }}
      // An id can be used again.
      trackBy={({ n }) => String(n)}
      columns={[
        {
          id: 'id',
          header: texts.lostColumns.id,
          isRowHeader: true,
          cell: event => <Value text={event.id} />,
        },
        {
          id: 'at',
          header: texts.lostColumns.at,
          cell: ({ occurred_at }) => printTime(occurred_at, zone, 9),
        },
        { id: 'run', header: texts.lostColumns.run, cell: ({ run }) => run },
        {
          id: 'meaning',
          header: texts.lostColumns.meaning,
          minWidth: 180,
          cell: event => describeFault(event),
        },
        { id: 'cure', header: texts.lostColumns.cure, minWidth: 180, cell: ({ cure }) => cure },
      ]}
    />
  );
};

/** What is there needs no retry. */
const nothing = (): void => undefined;
