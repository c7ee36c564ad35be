/**
 * The columns of a row, declared once. The stored row, the Glue table, the embedded view, the SELECT list,
 * the CSV header and the docs are derived from here. Their order is that of a stored line and never changes;
 * a column that is added is optional forever, since lines without it are on their way and at rest. The
 * receipt stands last.
 */

/** `varchar` columns hold text; nested fields are JSON text, so that no reader can change them. */
export type ColumnType = 'varchar' | 'integer' | 'boolean';

export type Column = {
  name: string;
  type: ColumnType;
  /** In the order of the CSV; the others serve the pipeline. */
  isExported: boolean;
  isRequired: boolean;
  comment: string;
};

const exported = (
  name: string,
  isRequired: boolean,
  comment: string,
  type: ColumnType = 'varchar',
): Column => ({
  name,
  type,
  isExported: true,
  isRequired,
  comment,
});
const internal = (name: string, isRequired: boolean, comment: string): Column => ({
  name,
  type: 'varchar',
  isExported: false,
  isRequired,
  comment,
});

export const columns: readonly Column[] = [
  exported('action', true, 'What was done: the entity first, the action last'),
  exported('actor', true, 'Who did it, as JSON with id, type and usually name'),
  exported('target', true, 'What it was done to, as JSON with id, type and usually name'),
  exported('payload', true, 'What else belongs to the action, as JSON'),
  exported('occurred_at', true, 'When it happened: UTC, nine fractional digits'),
  exported('metadata', true, 'Pairs of strings, as JSON'),
  exported('id', true, 'The UUID of the event'),
  exported('version', true, "The version of the payload's schema", 'integer'),
  exported('scope', false, 'The account that owns the target, as JSON with id and type'),
  exported('success', true, 'Whether the action succeeded', 'boolean'),
  exported('request', false, 'The external request that caused the event, as JSON'),
  internal('scope_id', false, "The scope's id"),
  internal('actor_id', true, "The actor's id"),
  internal('target_id', true, "The target's id"),
  internal('request_id', false, "The request's id"),
  internal('client_trace_id', false, 'The trace id that the client sent with its request'),
  internal('sent_id', false, 'The id that was sent, if it is not a UUID'),
  internal('warnings', false, 'The codes of what was said of the event when it was accepted, with commas'),
  internal('content_sha256', true, 'Hash of what the event says, in canonical form'),
  internal('received_at', true, "The receiver's clock: UTC, nine fractional digits"),
  internal('received_from', true, 'The authenticated sender'),
  internal('received_request_id', true, 'The id of the HTTP request that brought the event'),
  internal('received_address', false, 'The address that it came from, as the gateway saw it'),
  internal('filed_at', true, 'When it was filed: strictly increasing within a bucket'),
];

/** The names of the tables with these columns: the objects of the ledger, and the segments of closed days. */
export const eventsTable = 'events';
export const segmentsTable = 'segments';

/** The columns that come from the layout of the objects, in the order of the path. */
export const partitionColumns = ['lane', 'bucket', 'date'] as const;

export const exportedColumns = columns.filter(({ isExported }) => isExported);
