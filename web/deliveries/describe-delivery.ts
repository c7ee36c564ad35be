/** A delivery in words: where it goes, how it is, how far behind, and what it could not deliver. */
import type { Api } from '#domain/http/shapes/shapes.ts';
import { printTime, type Zone } from '../time.ts';
import { laterWords } from '../words/later-words.ts';
import { say } from '../words.ts';

const { deliveries: texts } = laterWords;
export type Delivery = Api<'Delivery'>;

export const describeDestination = (destination: Delivery['destination']): string => {
  if (destination.type === 'https') return destination.url;
  if (destination.type === 'directory') return destination.path;
  const { bucket, prefix } = destination;
  return `s3://${bucket}${prefix === undefined ? '' : `/${prefix}`}`;
};

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** Rounded down to the largest unit of which there are two; null is unknown. */
export const describeSeconds = (seconds: number | null): string => {
  if (seconds === null) return texts.unknown;
  if (seconds < 2 * minute) return say(texts.seconds, { n: seconds });
  if (seconds < 2 * hour) return say(texts.minutes, { n: Math.floor(seconds / minute) });
  if (seconds < 2 * day) return say(texts.hours, { n: Math.floor(seconds / hour) });
  return say(texts.days, { n: Math.floor(seconds / day) });
};

export const describeLag = ({ ledger_lag_seconds, delivery_lag_seconds }: Delivery['health']): string =>
  say(texts.lags, {
    log: describeSeconds(ledger_lag_seconds),
    destination: describeSeconds(delivery_lag_seconds),
  });

/** The API lists the newest: which event is the oldest is only known if all are there. Undefined if none is. */
export const describeUndelivered = (
  { undelivered: { count, newest } }: Delivery['health'],
  zone: Zone,
): string | undefined => {
  const oldest = newest.map(({ occurred_at }) => occurred_at).sort()[0];
  if (oldest === undefined) return undefined;
  const text = count === newest.length ? texts.undelivered : texts.undeliveredMany;
  return say(text, { n: count, time: printTime(oldest, zone) });
};

export const stateTypeOf = (state: Delivery['state']) =>
  (
    ({
      pending: 'pending',
      active: 'success',
      waiting: 'in-progress',
      paused: 'stopped',
      failing: 'warning',
      stopped: 'error',
    }) as const
  )[state];

/** The terms as they were typed: the API quotes each value, which an action does not need. */
export const describeFilter = (filter: Delivery['filter']): string =>
  filter === null ? texts.facts.everything : filter.action.join(', ').replaceAll(/"([a-z0-9_.]*)"/g, '$1');

type Fault = { meaning: string; status: number | null };

/** What was wrong, with the status that the destination answered. */
export const describeFault = ({ meaning, status }: Fault): string =>
  status === null ? meaning : say(texts.withStatus, { text: meaning, status: String(status) });
