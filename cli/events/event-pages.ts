/**
 * Reads events of a log page by page, and follows it. Events stay the text that the server sent: a parser would change
 * numbers and keys.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, NoAnswer } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import { refusalOf } from '#cli/refusal.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { itemsOf } from '#domain/json/entries.ts';
import { JsonReader } from '#domain/json/reader.ts';

/** An event as JSON text. */
export type EventText = string;
export type EventPage = Omit<Api<'Events'>, 'events'> & { events: EventText[] };

/** The members of a search, as `POST /v1/events/search` takes them. */
export type EventSearch = Readonly<Record<string, string | number | boolean | undefined>> & {
  readonly cursor?: string | undefined;
};

export const fetchEvents = async (connection: Connection, search: EventSearch): Promise<EventPage> => {
  const response = await connection.fetch('/v1/events/search', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(search),
  });
  if (!response.ok) throw await refusalOf(response);
  return readPage(await response.text());
};

/** Throws a `Failure` if a text is not such a page. */
export const readPage = (text: string): EventPage => {
  try {
    const page = JSON.parse(text) as Api<'Events'>;
    const events = new JsonReader(text).value().members.find(({ key }) => key === 'events');
    if (events?.text.startsWith('[')) return { ...page, events: [...itemsOf(events.text)] };
  } catch {
    // Told below.
  }
  throw new Failure(3, 'The answer is not a page of events; check that the URL is that of Annals');
};

/** Up to `limit` events, the newest first; `onPage` is told of each page. */
export const findEvents = async (
  connection: Connection,
  search: EventSearch,
  limit: number,
  onPage: (page: EventPage, found: number) => void = () => undefined,
): Promise<{ events: EventText[]; last: EventPage }> => {
  const events: EventText[] = [];
  let { cursor } = search;
  for (;;) {
    const left = Math.min(limit - events.length, maxPage);
    const last = await fetchEvents(connection, { ...search, limit: left, cursor });
    events.push(...last.events);
    onPage(last, events.length);
    cursor = last.cursor ?? undefined;
    if (cursor === undefined || events.length >= limit) return { events, last };
  }
};

const maxPage = 1000;
/** Of what came while nobody asked; beyond it the order is newest first by so many. */
const maxBatch = 10_000;
/** A status of 5xx passes, and so does a restart of the server. */
const maxFailures = 10;

export type Following = { everyMs: number; pause?: (ms: number) => Promise<unknown> };

/**
 * Yields what is filed from `newer` on, in batches, the oldest first; each event once. Ends with a `Failure` if the
 * server does not answer again and again.
 */
export async function* followEvents(
  connection: Connection,
  search: EventSearch,
  newer: string | null,
  { everyMs, pause = sleep }: Following,
): AsyncGenerator<EventText[]> {
  let cursor = newer ?? undefined;
  let failures = 0;
  for (;;) {
    try {
      const { events, last } = await findEvents(connection, { ...search, cursor }, maxBatch);
      failures = 0;
      if (events.length > 0) yield events.reverse();
      cursor = last.cursor ?? last.newer ?? cursor;
      if (last.cursor !== null) continue;
    } catch (error) {
      const passes = error instanceof NoAnswer || (error instanceof Failure && error.exitCode === 3);
      if (!passes || ++failures === maxFailures) throw error;
    }
    await pause(everyMs);
  }
}
