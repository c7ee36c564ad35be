/**
 * The answer of the log that was last on the screen. An export of the view holds exactly what it showed. It is kept as
 * long as the page is open.
 */
import type { PageApi } from './api.ts';
import type { Question } from './question.ts';
import { printRange } from './range.ts';
import type { View } from './view.ts';

export type Seen = {
  /** Which view it answers, as `nameOfView` gives it. */
  what: string;
  /** The time from which a relative range was resolved. */
  atMs: number;
  question: Question;
  /** Everything that was filed before is in it, and nothing else. */
  completeTo: string;
  /** The cursor of what is filed from then on. */
  newer: string;
};

const seen = new WeakMap<PageApi, Seen>();

/** What of a view changes its events; a relative range is as it is written. */
export const nameOfView = ({ query, range }: Pick<View, 'query' | 'range'>, scopeId: string): string =>
  JSON.stringify([scopeId, query, printRange(range)]);

export const rememberSeen = (api: PageApi, answer: Seen): void => void seen.set(api, answer);

/** Undefined if the last answer was of another view. */
export const seenOf = (api: PageApi, what: string): Seen | undefined => {
  const answer = seen.get(api);
  return answer?.what === what ? answer : undefined;
};
