/**
 * The row: what is stored of an event, one flat JSON object per line, scalars only. Nested fields are strings
 * that hold JSON text, since every JSON reader of Athena's family changes nested values on the way through a
 * string column. The keys are the columns, in their order; `filed_at` is added when the row is filed.
 */
import { hashContent } from '#domain/event/content-hash.ts';
import type { AuditEvent } from '#domain/event/event.ts';
import { isUuid } from '#domain/event/uuid.ts';
import { printWarningCodes } from '#domain/event/warning.ts';
import type { Stamps } from '#domain/receive/stamps.ts';
import { type Instant, isInstant } from '#domain/time.ts';
import { readLine } from './row-line.ts';

/** How the request that brought the events was received, the same for all of them: a run of JSON members. */
export type Receipt = string;

export const encodeReceipt = (from: string, requestId: string, address: string | undefined): Receipt =>
  `"received_from":${cell(from)},"received_request_id":${cell(requestId)}${optional('received_address', address)}`;

/**
 * A string as a line has it. Throws if it holds half of a surrogate pair, which UTF-8 cannot encode: one such
 * cell ends every query that reads its object. JSON texts hold them as escapes, and no column beside them
 * holds one.
 */
const cell = (text: string): string => {
  if (!text.isWellFormed()) throw new RangeError('A column of a row cannot hold half of a surrogate pair');
  return JSON.stringify(text);
};

const optional = (key: string, text: string | undefined): string =>
  text === undefined ? '' : `,"${key}":${cell(text)}`;

/** The row as a line without its newline. */
export const encodeRow = (event: AuditEvent, stamps: Stamps, receipt: Receipt): string => {
  const { action, version, success } = event;
  const { id, occurredAt } = stamps;
  return (
    `{"action":"${action}","actor":${cell(event.actor)},"target":${cell(event.target)}` +
    `,"payload":${cell(event.payload)},"occurred_at":"${occurredAt}","metadata":${cell(event.metadata)}` +
    `,"id":"${id}","version":${version}${optional('scope', event.scope)},"success":${success}` +
    `${optional('request', stamps.request)}${optional('scope_id', event.scopeId)}` +
    `,"actor_id":${cell(event.actorId)},"target_id":${cell(event.targetId)}` +
    `${optional('request_id', stamps.requestId)}${optional('client_trace_id', stamps.clientTraceId)}` +
    `${optional('sent_id', event.sentId)}${optional('warnings', printWarningCodes(event.warnings))}` +
    `,"content_sha256":"${hashContent(event, id, occurredAt)}"` +
    `,"received_at":"${stamps.receivedAt}",${receipt}}`
  );
};

/** What filing needs to know of a row. */
export type ReadRow = { occurredAt: Instant; bucketedBy: string };

/**
 * Reads a line back. If it is not a row, returns what is wrong with it, without its content: a row is as
 * `encodeRow` writes it.
 */
export const decodeRow = (line: Buffer): ReadRow | { fault: string } => {
  const row = readLine(line);
  if ('fault' in row) return row;
  const { occurred_at, id, scope_id, target_id } = row.cells;
  if (!isInstant(occurred_at)) return { fault: 'The column "occurred_at" is not an instant' };
  if (!isUuid(id)) return { fault: 'The column "id" is not a UUID' };
  return { occurredAt: occurred_at, bucketedBy: scope_id ?? target_id };
};

const filedAtStart = ',"filed_at":"';
const filedAtEnd = '"}\n';

/** The number of bytes of a line once it is filed: an instant has 30. */
export const filedRowBytes = (line: Buffer): number =>
  line.length - 1 + filedAtStart.length + 30 + filedAtEnd.length;

/**
 * Writes the line with its `filed_at`, the last member of every filed row, and a newline; returns where it
 * ends.
 */
export const fileRow = (target: Buffer, at: number, line: Buffer, filedAt: Instant): number => {
  const end = at + line.copy(target, at, 0, line.length - 1);
  return end + target.write(filedAtStart + filedAt + filedAtEnd, end, 'latin1');
};
