/**
 * The cursor of a browsed log: how far the walk has got, and what it sees. It freezes `complete_to`, so that what
 * arrives meanwhile changes no page. It is opaque and bound to what was asked by a hash, which finds every change;
 * it opens nothing, since each request names its scope and is judged by that.
 */
import { hash } from 'node:crypto';
import { printTerm } from '#domain/filter/term.ts';
import { type Instant, isInstant } from '#domain/time.ts';
import type { EventKey, Position } from './event-key.ts';
import type { LogSelection } from './request.ts';

export type Cursor = {
  completeTo: Instant;
  /** The last day that is read from segments; undefined if none is. */
  compactedTo: string | undefined;
  /** Only events whose first copy was filed at this instant or later. */
  filedFrom: Instant | undefined;
  /** Undefined: from the newest event on. */
  position: Position | undefined;
  /** How far a reading that did not end has got. */
  reading: Reading | undefined;
};

/**
 * A reading that exceeded its budget before it decided anything: the next call goes on after the piece, or the day.
 * It knows the newest events found so far, and needs nothing that is older than the last of them.
 */
export type Reading = { date: string; after: string | undefined; newest: readonly FoundEvent[] };

/** An event, and when the first of its copies found so far was filed. */
export type FoundEvent = { key: EventKey; filedAt: Instant };

const maxFoundBytes = 1200;

/** As many events as a cursor has room for; at least one. */
export const fitNewest = (newest: readonly FoundEvent[]): FoundEvent[] => {
  let bytes = 0;
  const fitting = newest.findIndex(({ key: { scopeId = '' } }, at) => {
    bytes += 110 + Buffer.byteLength(scopeId);
    return at > 0 && bytes > maxFoundBytes;
  });
  return newest.slice(0, fitting < 0 ? undefined : fitting);
};

const digits = 22;

/** What a cursor belongs to; `what` is the question, such as the interval of a histogram. */
export const subjectOf = ({ scopeId, from, to, filter }: LogSelection, what: string): string =>
  JSON.stringify([
    what,
    scopeId ?? null,
    from ?? null,
    to ?? null,
    Object.entries(filter.terms).map(([field, terms]) => [field, ...terms.map(printTerm)]),
    filter.q ?? null,
  ]);

const seal = (text: string, subject: string): string =>
  hash('sha256', `${text}\n${subject}`, 'base64url').slice(0, digits);

type StoredEvent = [...EventPlace, filedAt: string];
type EventPlace = [occurredAt: string, id: string, scopeId: string | null];
type Place = [occurredAt: string] | EventPlace;
type Stored = [
  format: 1,
  completeTo: string,
  compactedTo: string | null,
  filedFrom: string | null,
  position: Place | null,
  reading: [date: string, after: string | null, ...newest: StoredEvent[]] | null,
];

const printPlace = (position: Position | undefined): Place | null => {
  if (!position) return null;
  const { occurredAt, event } = position;
  return event ? [occurredAt, event.id, event.scopeId ?? null] : [occurredAt];
};

const readPlace = (place: Place | null): Position | undefined => {
  if (place === null) return undefined;
  const [occurredAt, id, scopeId] = place;
  return { occurredAt, ...(id === undefined ? {} : { event: { id, scopeId: scopeId ?? undefined } }) };
};

const printFound = ({ key, filedAt }: FoundEvent): StoredEvent => [
  key.occurredAt,
  key.id,
  key.scopeId ?? null,
  filedAt,
];

const readFound = ([occurredAt, id, scopeId, filedAt]: StoredEvent): FoundEvent => ({
  key: { occurredAt, id, scopeId: scopeId ?? undefined },
  filedAt,
});

export const encodeCursor = (cursor: Cursor, subject: string): string => {
  const { completeTo, compactedTo = null, filedFrom = null, position, reading } = cursor;
  const stored: Stored = [
    1,
    completeTo,
    compactedTo,
    filedFrom,
    printPlace(position),
    reading ? [reading.date, reading.after ?? null, ...reading.newest.map(printFound)] : null,
  ];
  const text = Buffer.from(JSON.stringify(stored)).toString('base64url');
  return `${text}.${seal(text, subject)}`;
};

/** Undefined if it is not a cursor that was given for this. */
export const decodeCursor = (given: string, subject: string): Cursor | undefined => {
  const [text = '', sealed, ...more] = given.split('.');
  if (more.length > 0 || sealed !== seal(text, subject)) return undefined;
  let stored: Stored;
  try {
    stored = JSON.parse(Buffer.from(text, 'base64url').toString()) as Stored;
  } catch {
    // Only text that nobody was given comes here.
    return undefined;
  }
  if (!Array.isArray(stored) || stored[0] !== 1 || !isInstant(stored[1])) return undefined;
  const [, completeTo, compactedTo, filedFrom, position, reading] = stored;
  return {
    completeTo,
    compactedTo: compactedTo ?? undefined,
    filedFrom: filedFrom ?? undefined,
    position: readPlace(position),
    reading: reading
      ? {
          date: reading[0],
          after: reading[1] ?? undefined,
          newest: (reading.slice(2) as StoredEvent[]).map(readFound),
        }
      : undefined,
  };
};
