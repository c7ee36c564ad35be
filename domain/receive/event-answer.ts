/**
 * What the answer says about each event. An answer always stays below 4 MiB: if the details of all events are
 * larger, messages and paths are shortened, and what still does not fit is left out and counted. The outcome
 * of each event is always given.
 */
import type { Refusal } from '#domain/event/refusal.ts';
import type { Warning } from '#domain/event/warning.ts';
import type { Instant } from '#domain/time.ts';

export const maxAnswerBytes = 4 * 1024 * 1024;
/** Length of a JSON pointer, in UTF-16 units. */
const maxPathUnits = 256;

/** `catalogued` is given only if the action or its version is not in the catalogue. */
export type Accepted = {
  index: number;
  id: string;
  /** The id that was sent, if it is not a UUID. */
  sent_id?: string;
  occurred_at: Instant;
  received_at: Instant;
  catalogued?: false;
  warnings?: Warning[];
};
/** A body that cannot be divided into events is one item without an index. `kept`: see docs/refusals.md. */
export type Rejected = Omit<Refusal, 'code'> & { index: number | null; code: string; kept: boolean };
/** A refused event has neither id nor time. */
export type NotStoredEvent = { index: number | null; id?: string; occurred_at?: Instant };

export type EventAnswer = {
  accepted: number;
  events: Accepted[];
  rejected: Rejected[];
  not_stored?: NotStoredEvent[];
  /** How many warnings did not fit. */
  warnings_left_out?: number;
};

/**
 * At most the first `units` UTF-16 units of a text, cut at a whole character; a lone surrogate becomes
 * U+FFFD.
 */
const cut = (text: string, units: number): string => {
  if (text.length <= units) return text.toWellFormed();
  const end = text.charCodeAt(units - 1) >> 10 === 0xd800 >> 10 ? units - 1 : units;
  return text.slice(0, end).toWellFormed();
};

export const printPath = (path: string): string => cut(path, maxPathUnits);

/** Bytes for all members except the items. */
const frameBytes = 1024;
/** Limits in an answer that would be too large. */
const shortPathUnits = 24;
const shortMessageUnits = 40;

const bytesOf = (item: object): number => Buffer.byteLength(JSON.stringify(item)) + 1;

const shortened = <T extends { path: string; message: string }>(item: T): T => ({
  ...item,
  path: cut(item.path, shortPathUnits),
  message: cut(item.message, shortMessageUnits),
});

/** An upper bound of the size, without making the JSON: a unit takes at most six bytes in JSON. */
const roughBytes = ({ events, rejected, not_stored = [] }: EventAnswer): number => {
  let units = 0;
  for (const { sent_id = '', warnings = [] } of events) {
    units += sent_id.length;
    for (const { path, message } of warnings) units += path.length + message.length + 20;
  }
  for (const { path, message } of rejected) units += path.length + message.length;
  return 6 * units + 200 * (events.length + rejected.length + not_stored.length);
};

/** Makes the answer fit: each item gets an equal share. */
export const fitAnswer = (answer: EventAnswer): EventAnswer => {
  const { events, rejected, not_stored = [] } = answer;
  const max = maxAnswerBytes - frameBytes;
  if (roughBytes(answer) <= max || bytesOf(answer) <= max) return answer;
  const share = Math.floor(max / (events.length + rejected.length + not_stored.length));
  let leftOut = 0;
  return {
    ...answer,
    rejected: rejected.map(item => (bytesOf(item) <= share ? item : shortened(item))),
    events: events.map(event => {
      if (bytesOf(event) <= share) return event;
      const { sent_id, warnings = [], ...told } = event;
      const kept: Warning[] = [];
      let left = share - bytesOf(told) - '"warnings":[],'.length;
      for (const warning of warnings.map(shortened)) {
        left -= bytesOf(warning);
        if (left < 0) break;
        kept.push(warning);
      }
      leftOut += warnings.length - kept.length;
      const made = { ...told, ...(kept.length === 0 ? {} : { warnings: kept }) };
      const withId = { ...made, sent_id: sent_id! };
      return sent_id !== undefined && bytesOf(withId) <= share ? withId : made;
    }),
    ...(leftOut === 0 ? {} : { warnings_left_out: leftOut }),
  };
};
