/**
 * The row: what is stored of an event, one flat JSON object a line, scalars only. Nested fields are strings
 * that hold JSON text, since every JSON reader of Athena's family changes nested values on the way through a
 * string column. The keys are the columns, in their order; `filed_at` is added when the row is filed.
 */
import { columns } from './columns.ts';
import { type AuditEvent, isUuid } from './event.ts';
import type { Stamps } from './stamps.ts';
import { type Instant, isInstant } from './time.ts';

/** How the request that brought the events was received, the same for all of them: a run of JSON members. */
export type Receipt = string;

export const encodeReceipt = (from: string, requestId: string, address: string | undefined): Receipt =>
  `"received_from":${JSON.stringify(from)},"received_request_id":${JSON.stringify(requestId)}${
    address === undefined ? '' : `,"received_address":${JSON.stringify(address)}`
  }`;

const optional = (key: string, text: string | undefined): string =>
  text === undefined ? '' : `,"${key}":${JSON.stringify(text)}`;

/** The row as a line without its newline. */
export const encodeRow = (event: AuditEvent, stamps: Stamps, receipt: Receipt): string =>
  `{"action":"${event.action}","actor":${JSON.stringify(event.actor)},"target":${JSON.stringify(event.target)}` +
  `,"payload":${JSON.stringify(event.payload)},"occurred_at":"${stamps.occurredAt}","metadata":${JSON.stringify(event.metadata)}` +
  `,"id":"${stamps.id}","version":${event.version}${optional('scope', event.scope)},"success":${event.success}` +
  `${optional('request', stamps.request)}${optional('scope_id', event.scopeId)}` +
  `,"actor_id":${JSON.stringify(event.actorId)},"target_id":${JSON.stringify(event.targetId)}` +
  `${optional('request_id', stamps.requestId)}${optional('client_trace_id', stamps.clientTraceId)}` +
  `,"content_sha256":"${event.contentSha256}","received_at":"${stamps.receivedAt}",${receipt}}`;

/** What filing a row needs to know of it. */
export type ReadRow = { occurredAt: Instant; bucketedBy: string };

const rowColumns = columns.filter(({ name }) => name !== 'filed_at');
const javascriptTypes = { varchar: 'string', integer: 'number', boolean: 'boolean' } as const;
const nested = ['actor', 'target', 'payload', 'metadata', 'scope', 'request'] as const;

/** Reads a line back; gives what is wrong with it, without its content, where it is not a row. */
export const decodeRow = (line: Buffer): ReadRow | { fault: string } => {
  let row: Record<string, unknown>;
  try {
    row = JSON.parse(line.toString('utf8'));
  } catch {
    return { fault: 'The line is not JSON' };
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row))
    return { fault: 'The line is not a JSON object' };
  for (const { name, type, isRequired } of rowColumns) {
    const value = row[name];
    if (value === undefined ? isRequired : typeof value !== javascriptTypes[type])
      return { fault: `The column "${name}" is missing or of another type` };
  }
  if ('filed_at' in row) return { fault: 'The row has been filed before' };
  for (const name of nested) {
    const text = row[name] as string | undefined;
    if (text !== undefined && text.charCodeAt(0) !== 0x7b)
      return { fault: `The column "${name}" holds no JSON object` };
  }
  const { occurred_at, id, scope_id, target_id } = row as Record<string, string>;
  if (!isInstant(occurred_at!)) return { fault: 'The column "occurred_at" holds no instant' };
  if (!isUuid(id!)) return { fault: 'The column "id" holds no UUID' };
  return { occurredAt: occurred_at!, bucketedBy: scope_id ?? target_id! };
};

const filedAtStart = ',"filed_at":"';
const filedAtEnd = '"}\n';

/** How many bytes a line has once it is filed: an instant has 30. */
export const filedRowBytes = (line: Buffer): number =>
  line.length - 1 + filedAtStart.length + 30 + filedAtEnd.length;

/** Writes the line with its `filed_at`, the last member of every filed row, and a newline; gives where it ends. */
export const fileRow = (target: Buffer, at: number, line: Buffer, filedAt: Instant): number => {
  const end = at + line.copy(target, at, 0, line.length - 1);
  return end + target.write(filedAtStart + filedAt + filedAtEnd, end, 'latin1');
};
