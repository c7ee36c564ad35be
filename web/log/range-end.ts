/** An end of a precise range, as somebody writes it: a date, a local time of the zone, or a text with its own zone. */
import { type Instant, parseInstant } from '#domain/time.ts';
import { readLocalTime, type Zone } from '../time.ts';

/** `isLater` chooses the later instant if clocks strike the time twice. */
export type WrittenEnd = { text: string; isLater: boolean };

export type RangeEnd =
  /** No end. */
  | { kind: 'none'; instant: undefined }
  /** Clocks strike it once, twice, or skip it, so that it is moved forward. */
  | { kind: 'one' | 'two' | 'moved'; instant: Instant };

/** Undefined if it is not a time. */
export const readRangeEnd = ({ text, isLater }: WrittenEnd, zone: Zone): RangeEnd | undefined => {
  const written = text.trim();
  if (written === '') return { kind: 'none', instant: undefined };
  const own = parseInstant(written);
  if (own !== undefined) return { kind: 'one', instant: own };
  const read = readLocalTime(/^\d{4}-\d\d-\d\d$/.test(written) ? `${written}T00:00` : written, zone);
  if (read?.kind !== 'two') return read;
  return { kind: 'two', instant: read.instants[isLater ? 1 : 0] };
};
