/**
 * How an export is divided into slices of `occurred_at`, each small enough to be sorted by one query, and
 * what reading them costs. Slices are exact: the key of an event holds its time, so all copies of it are in
 * one slice. They are cut by how much text of the scope may lie in the days on which lane ontime was filed, and
 * in the row groups of late ones; what else is late may belong anywhere, and is little.
 */

import { addDays, dateOf, type Instant, instantOf, nanosecondsOf, nanosecondsPerDay } from '#domain/time.ts';
import { type KnownBuckets, readsOf, type Selection, type Slice } from './reads.ts';

/** So much text may belong to a day. */
export type DayWeight = { date: string; textBytes: number };

/** The text of objects is about so many times as large as they are. */
export const inflation = 8;

/** Some 300,000 rows, which Athena sorts in memory with room to spare. */
export const maxSliceBytes = 400_000_000;

/** By the days on which events occurred, as far as that is known. */
export const weightsOf = (known: readonly KnownBuckets[]): DayWeight[] => {
  const weights = new Map<string, number>();
  const add = (date: string, textBytes: number): void =>
    void weights.set(date, (weights.get(date) ?? 0) + textBytes);
  for (const { segments, ledger } of known) {
    for (const { date, parts } of [...segments.ontime, ...ledger.ontime])
      for (const { textBytes } of parts) add(date, textBytes);
    // Times are sorted within one scope alone.
    for (const { parts } of segments.late)
      for (const { textBytes, group } of parts)
        if (group && group.first_scope_id === group.last_scope_id)
          add(dateOf(group.first_occurred_at), textBytes);
  }
  return [...weights]
    .map(([date, textBytes]) => ({ date, textBytes }))
    .sort((a, b) => (a.date < b.date ? -1 : 1));
};

const midnight = (date: string): Instant => `${date}T00:00:00.000000000Z`;

/** Consecutive slices that make up `window`, at least one; `days` are in their order. */
export const planSlices = (days: readonly DayWeight[], window: Slice, maxBytes = maxSliceBytes): Slice[] => {
  const cuts: Instant[] = [];
  let bytes = 0;
  for (const day of days) {
    const start = midnight(day.date);
    if (bytes > 0 && bytes + day.textBytes > maxBytes) {
      cuts.push(start);
      bytes = 0;
    }
    bytes += day.textBytes;
    const parts = BigInt(Math.ceil(day.textBytes / maxBytes));
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

/** What the slices will read. What two slices read is counted twice. */
export const estimate = (selection: Selection, slices: readonly Slice[]): Estimate => {
  const perSlice = slices.map(slice => {
    const reads = readsOf(selection, slice);
    return {
      objects: reads.reduce((sum, { objects }) => sum + objects, 0),
      bytes: reads.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  });
  return {
    slices: slices.length,
    objects: perSlice.reduce((sum, { objects }) => sum + objects, 0),
    bytes: perSlice.reduce((sum, { bytes }) => sum + bytes, 0),
    estimated_cost_usd: costOf(perSlice.map(({ bytes }) => bytes)),
  };
};
