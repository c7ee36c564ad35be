/**
 * How an export is divided into slices of `occurred_at`, each small enough to be sorted by one query, and
 * what reading them costs. Slices are exact: the key of an event holds its time, so all copies of it are in
 * one slice. They are cut by the sizes of the days on which lane ontime was filed; late rows may belong
 * anywhere, and are few.
 */

import { type Lane, lanes } from '#domain/archive/lane.ts';
import { addDays, type Instant, instantOf, nanosecondsOf, nanosecondsPerDay } from '#domain/time.ts';
import { daysRead, type Selection, type Slice } from './statement.ts';

/** What lies in the ledger of a lane and a day, over the buckets asked. */
export type DaySize = { lane: Lane; date: string; objects: number; bytes: number };

/** The first day of each lane that holds anything, and `last` for a lane that holds nothing. */
export const firstDaysOf = (sizes: readonly DaySize[], last: string): Record<Lane, string> => {
  const first = (lane: Lane): string =>
    sizes.reduce((least, size) => (size.lane === lane && size.date < least ? size.date : least), last);
  return Object.fromEntries(lanes.map(lane => [lane, first(lane)])) as Record<Lane, string>;
};

/** Under a million rows at 155 bytes, which Athena sorts in memory with room to spare. */
export const maxSliceBytes = 128 * 1024 * 1024;

const midnight = (date: string): Instant => `${date}T00:00:00.000000000Z`;

/** Consecutive slices that make up `window`; at least one. */
export const planSlices = (sizes: readonly DaySize[], window: Slice, maxBytes = maxSliceBytes): Slice[] => {
  const days = sizes.filter(({ lane }) => lane === 'ontime').sort((a, b) => (a.date < b.date ? -1 : 1));
  const cuts: Instant[] = [];
  let bytes = 0;
  for (const day of days) {
    const start = midnight(day.date);
    if (bytes > 0 && bytes + day.bytes > maxBytes) {
      cuts.push(start);
      bytes = 0;
    }
    bytes += day.bytes;
    const parts = BigInt(Math.ceil(day.bytes / maxBytes));
    for (let part = 1n; part < parts; part++)
      cuts.push(instantOf(nanosecondsOf(start) + (nanosecondsPerDay * part) / parts));
    if (parts > 1n) {
      cuts.push(addDays(start, 1));
      bytes = 0;
    }
  }
  const { from, to } = window;
  const within = [...new Set(cuts)].filter(
    cut => (from === undefined || cut > from) && (to === undefined || cut < to),
  );
  const bounds = [from, ...within, to];
  return bounds.slice(1).map((end, at) => ({ from: bounds[at], to: end }));
};

/**
 * Athena's price per TB, and the least that it charges for a query. https://aws.amazon.com/athena/pricing/
 */
export const dollarsPerTerabyte = 5;
const leastBytes = 10 * 1024 * 1024;

export const costOf = (bytesOfQueries: readonly number[]): number =>
  bytesOfQueries.reduce((sum, bytes) => sum + Math.max(bytes, leastBytes), 0) * (dollarsPerTerabyte / 1e12);

export type Estimate = { slices: number; objects: number; bytes: number; estimated_cost_usd: number };

/** What the slices will read. Days on the edges of two slices are read by both, and counted twice. */
export const estimate = (
  sizes: readonly DaySize[],
  selection: Selection,
  slices: readonly Slice[],
): Estimate => {
  const perSlice = slices.map(slice => {
    let objects = 0;
    let bytes = 0;
    for (const { lane, first, last } of daysRead(selection, slice))
      for (const size of sizes)
        if (size.lane === lane && (first === undefined || size.date >= first) && size.date <= last) {
          objects += size.objects;
          bytes += size.bytes;
        }
    return { objects, bytes };
  });
  return {
    slices: slices.length,
    objects: perSlice.reduce((sum, { objects }) => sum + objects, 0),
    bytes: perSlice.reduce((sum, { bytes }) => sum + bytes, 0),
    estimated_cost_usd: costOf(perSlice.map(({ bytes }) => bytes)),
  };
};
