/** The order of a browsed log: that of an export, by time, id and scope, turned round. */
import { compareAbsentLast } from '#domain/compact/row-order.ts';
import type { Instant } from '#domain/time.ts';

/** The identity of an event; ids are unique within their scope only. */
export type EventKey = { occurredAt: Instant; id: string; scopeId: string | undefined };

/** A text that is the same for equal keys only. */
export const keyText = ({ occurredAt, id, scopeId }: EventKey): string =>
  scopeId === undefined ? `${occurredAt}${id}` : `${occurredAt}${id} ${scopeId}`;

/** Ids and instants are ASCII. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The newest first. */
export const compareNewestFirst = (a: EventKey, b: EventKey): number =>
  compare(b.occurredAt, a.occurredAt) || compare(b.id, a.id) || compareAbsentLast(b.scopeId, a.scopeId);

/**
 * Where the walk back through a log stands: everything that occurred at this instant or later has been given; of
 * those at the instant itself only up to this event, if one is named.
 */
export type Position = {
  occurredAt: Instant;
  event?: { id: string; scopeId: string | undefined } | undefined;
};

export const positionAfter = ({ occurredAt, id, scopeId }: EventKey): Position => ({
  occurredAt,
  event: { id, scopeId },
});

/** Whether an event is still to be given. */
export const isBefore = (key: EventKey, { occurredAt, event }: Position): boolean =>
  key.occurredAt < occurredAt ||
  (key.occurredAt === occurredAt &&
    event !== undefined &&
    compareNewestFirst({ occurredAt, ...event }, key) < 0);
