/** The view "Deliveries": where the log is sent, how far each of them is, and one of them. */
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { DataTable } from '../data-table.tsx';
import { usePage } from '../page-context.tsx';
import { pathId } from '../path-id.ts';
import { printTime } from '../time.ts';
import { usePages } from '../use-pages.tsx';
import { Value } from '../value.tsx';
import { laterWords } from '../words/later-words.ts';
import { say } from '../words.ts';
import { OneDelivery } from './delivery.tsx';
import { DeliveryForm } from './delivery-form.tsx';
import { DeliveryState } from './delivery-health.tsx';
import { type Delivery, describeDestination, describeLag, describeUndelivered } from './describe-delivery.ts';

const { deliveries: texts } = laterWords;
const deliveriesOf = ({ deliveries }: Api<'Deliveries'>) => deliveries;

export const Deliveries = () => {
  const { scopeId, session, zone, view, change } = usePage();
  const path = `v1/scopes/${pathId(scopeId)}/deliveries`;
  const { answered, ask, showMore } = usePages<'Deliveries', Delivery>(path, deliveriesOf);
  const [isCreating, setCreating] = useState(false);
  const onCreated = async (id: string): Promise<void> => {
    change({ item: id });
    await ask();
  };
  const isChanging = session.role !== 'support';
  return (
    <SpaceBetween size="l">
      <DataTable
        title={texts.title}
        explain={texts.explain}
        answered={answered}
        onRetry={() => void ask()}
        onMore={{ text: texts.more, show: showMore }}
        empty={{ title: texts.none, text: texts.noneText }}
        actions={
          isChanging && (
            <Button variant="primary" onClick={() => setCreating(true)}>
              {texts.create}
            </Button>
          )
        }
        trackBy={({ id }) => id}
        columns={[
          { id: 'id', header: texts.columns.id, isRowHeader: true, cell: ({ id }) => <Value text={id} /> },
          {
            id: 'destination',
            header: texts.columns.destination,
            minWidth: 180,
            cell: ({ destination }) => <Value text={describeDestination(destination)} />,
          },
          {
            id: 'state',
            header: texts.columns.state,
            minWidth: 170,
            cell: ({ state }) => <DeliveryState state={state} />,
          },
          {
            id: 'to',
            header: texts.columns.deliveredTo,
            cell: ({ health }) => printTime(health.delivered_to, zone),
          },
          { id: 'lag', header: texts.columns.lag, cell: ({ health }) => describeLag(health) },
          {
            id: 'undelivered',
            header: texts.columns.undelivered,
            cell: ({ health }) => describeUndelivered(health, zone) ?? '–',
          },
          {
            id: 'actions',
            header: texts.columns.actions,
            cell: ({ id }) => (
              <Button ariaLabel={say(texts.showOf, { id })} onClick={() => change({ item: id })}>
                {texts.show}
              </Button>
            ),
          },
        ]}
      />
      {view.item !== undefined && (
        <OneDelivery key={view.item} path={`${path}/${pathId(view.item)}`} onChanged={ask} />
      )}
      {isCreating && <DeliveryForm path={path} onCreated={onCreated} onClose={() => setCreating(false)} />}
    </SpaceBetween>
  );
};
