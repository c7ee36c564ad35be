/**
 * `annals/browse`: what a page of your own needs to show a log, the same code that the Audit Log page uses. The query
 * as text and as filters, the pages of an answer, and how times and foreign values are shown. It fetches nothing
 * itself and needs no browser.
 */
import type { Api } from '#domain/http/shapes/shapes.ts';

export { cutValue, showInvisible } from './escape.ts';
export { bodyOfQuery, emptyQuery, parseQuery, printQuery, type Query } from './query.ts';
export { isZone, printAge, printTime, type Zone } from './time.ts';

/** A page of events, as `POST /v1/events/search` answers it. */
export type EventPage = Api<'Events'>;
/** Sends a body to `POST /v1/events/search`, and parses the answer. */
export type AskSearch = (body: Readonly<Record<string, unknown>>) => Promise<EventPage>;

/**
 * The pages of a search, the newest events first, until there are no more or nobody takes the next one. All of them
 * see the log as it was at the first one's `complete_to`. A page may be empty: its `scanned_to` says how far the
 * search has got.
 */
export async function* eventPages(
  ask: AskSearch,
  search: Readonly<Record<string, unknown>>,
): AsyncGenerator<EventPage> {
  let page = await ask(search);
  yield page;
  while (page.cursor !== null) {
    page = await ask({ ...search, cursor: page.cursor });
    yield page;
  }
}
