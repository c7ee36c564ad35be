/** Events and arbitraries for tests; everything that a test does not set is valid. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { encodeReceipt, encodeRow, filedRowBytes, fileRow } from '#domain/archive/row.ts';
import { hashContent } from '#domain/event/content-hash.ts';
import { type AuditEvent, parseEvent } from '#domain/event/event.ts';
import type { Refusal } from '#domain/event/refusal.ts';
import { JsonReader } from '#domain/json/reader.ts';
import type { Instant } from '#domain/time.ts';

export const anId = '0191f3a0-6c1e-7a3b-9f00-5b0c3b1f9a77';
export const latest = '2026-11-23T12:15:00.000000000Z';

/** The members of a valid event; `change` replaces some, or removes those that are undefined. */
export const eventObject = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
  action: 'context.create',
  actor: { id: 'u-1', type: 'user', name: 'User 1' },
  target: { id: 'c-1', type: 'context', name: 'deploy' },
  payload: { name: 'deploy' },
  occurred_at: '2026-06-23T11:00:00Z',
  id: anId,
  scope: { id: 'acme', type: 'account', name: 'Acme' },
  success: true,
  ...change,
});

export const eventText = (change?: Record<string, unknown>): string => JSON.stringify(eventObject(change));

/** The verdict on a text. */
export const judge = (text: string, mayUseReserved = false): AuditEvent | Refusal =>
  parseEvent(new JsonReader(text).value(), latest, mayUseReserved);

export const accepted = (text: string): AuditEvent => {
  const verdict = judge(text);
  if ('code' in verdict) throw new Error(`Refused: ${verdict.code} at ${verdict.path}`);
  return verdict;
};

/** The content hash of an event, with its own id and time or the ones given here. */
export const contentOf = (text: string, id = anId, occurredAt = '2026-06-23T11:00:00.000000000Z'): string => {
  const event = accepted(text);
  return hashContent(event, event.id ?? id, event.occurredAt ?? occurredAt);
};

/** A JSON document as text, with varied whitespace, escapes and number forms, and its value. */
export const jsonText: fc.Arbitrary<string> = fc
  .tuple(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(undefined, 1, '\t', ' \r\n '))
  .map(([value, indent]) => JSON.stringify(value, null, indent));

/** The row of a valid event with this id and time, as receive makes it; `change` as in `eventObject`. */
export const rowText = (id: string, occurredAt: Instant, change?: Record<string, unknown>): string =>
  encodeRow(
    accepted(eventText(change)),
    {
      id,
      occurredAt,
      request: undefined,
      requestId: undefined,
      clientTraceId: undefined,
      receivedAt: occurredAt,
    },
    encodeReceipt('x', 'y', undefined),
  );

/** A line as it is filed. */
export const filed = (line: string, filedAt: string): Buffer => {
  const bytes = Buffer.from(line);
  const target = Buffer.alloc(filedRowBytes(bytes));
  expect(fileRow(target, 0, bytes, filedAt)).toBe(target.length);
  return target;
};
