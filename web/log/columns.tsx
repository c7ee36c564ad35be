/** The columns of the log. A value that cannot be shown as what it should be is shown as its JSON. */
import type { ColumnField } from '#domain/filter/filter.ts';
import { printTime, type Zone } from '../time.ts';
import { Value } from '../value.tsx';
import { ValueActions } from '../value-actions.tsx';
import type { Column } from '../view.ts';
import { words } from '../words.ts';
import { type Party, partyOf, type Row, requestPart } from './rows.ts';

const PartyCell = ({ party, field }: { party: Party | undefined; field: ColumnField }) => {
  if (!party) return null;
  const { id, name, type } = party;
  const beside = name === undefined || name === id ? type : id;
  return (
    <ValueActions text={id} field={field}>
      <Value text={name ?? id} />
      {beside !== undefined && (
        <small className="beside">
          {' '}
          <Value text={beside} />
        </small>
      )}
    </ValueActions>
  );
};

export const Outcome = ({ isSuccess }: { isSuccess: boolean }) => (
  <ValueActions text={String(isSuccess)} field="success">
    <span className={isSuccess ? 'outcome' : 'outcome failed'}>
      {isSuccess ? words.log.succeeded : words.log.failed}
    </span>
  </ValueActions>
);

type Cell = (row: Row, context: ColumnContext) => React.ReactNode;
export type ColumnContext = {
  zone: Zone;
  isCatalogued(action: string): boolean;
  open(row: Row): void;
  openKey: string | undefined;
  /** What is said beside the time of an event, such as that it is late. */
  markOf?: ((row: Row) => string | undefined) | undefined;
};

const optional = (text: string | undefined, field: ColumnField) =>
  text === undefined ? null : <ValueActions text={text} field={field} />;

export const cells: Record<Column, Cell> = {
  time: (row, { zone, open, openKey, markOf }) => (
    <>
      <button
        type="button"
        className="row-button"
        data-row={row.key}
        aria-pressed={row.key === openKey}
        title={`${printTime(row.event.occurred_at, 'UTC', 9)}\n${printTime(row.event.occurred_at, zone, 9)}`}
        onClick={() => open(row)}
      >
        <time dateTime={row.event.occurred_at}>{printTime(row.event.occurred_at, zone)}</time>
      </button>
      {markOf?.(row) !== undefined && <small className="mark"> {markOf(row)}</small>}
    </>
  ),
  action: ({ event }, { isCatalogued }) => (
    <>
      <ValueActions text={event.action} field="action" />
      {!isCatalogued(event.action) && <small className="mark"> {words.log.uncatalogued}</small>}
    </>
  ),
  actor: ({ event }) => <PartyCell party={partyOf(event.actor)} field="actor" />,
  target: ({ event }) => <PartyCell party={partyOf(event.target)} field="target" />,
  outcome: ({ event }) => <Outcome isSuccess={event.success} />,
  address: ({ event }) => optional(requestPart(event, 'ip_address'), 'address'),
  request: ({ event }) => optional(requestPart(event, 'id'), 'request_id'),
  trace: ({ event }) => optional(requestPart(event, 'client_trace_id'), 'client_trace_id'),
  id: ({ event }) => <ValueActions text={event.id} field="id" />,
};
