/**
 * How much is kept of refused items, in bytes as they lie aside, each file at no less than 1 KiB. archive
 * counts in its watermark what each sender has sent on the day, tick adds that up and counts what lies aside,
 * receive adds what it has sent since.
 */

import type { RefusedOfDay, Watermark } from '#domain/archive/watermark.ts';
import type { Instant } from '#domain/time.ts';

export type RefusedUsage = {
  counted_at: Instant;
  /** Of all senders, and in how many files. */
  bytes: number;
  files: number;
  /** Today's, by sender. */
  of_day: RefusedOfDay;
};

/** The defaults: how long items are kept, and how many bytes of them. */
export const defaultRefused = { days: 90, bytes: 1024 ** 3 } as const;
/** A file counts as this at least: beside its bytes, an item is two objects of the state. */
export const leastChargedBytes = 1024;
export const chargedBytes = (fileBytes: number): number => Math.max(fileBytes, leastChargedBytes);
/** Per sender and day. */
export const maxSenderBytes = 256 * 1024 * 1024;
/** Further senders are counted together. */
const maxSenders = 1000;
const others = '*';

export type NewBytes = { sender: string; day: string; bytes: number };

/** The watermark with what its batch has kept: for the last day alone. */
export const withRefused = (
  watermark: Watermark,
  { refused }: Watermark,
  kept: readonly NewBytes[],
): Watermark => {
  if (kept.length === 0) return watermark;
  let ofDay: RefusedOfDay | undefined = refused;
  for (const { sender, day, bytes } of kept) {
    if (ofDay && ofDay.day > day) continue;
    const before: RefusedOfDay['senders'] = ofDay?.day === day ? ofDay.senders : {};
    ofDay = { day, senders: add(before, sender, bytes) };
  }
  return { ...watermark, refused: ofDay };
};

const add = (senders: RefusedOfDay['senders'], sender: string, bytes: number): RefusedOfDay['senders'] => {
  const isNew = !Object.hasOwn(senders, sender);
  const name = isNew && Object.keys(senders).length >= maxSenders ? others : sender;
  return { ...senders, [name]: (Object.hasOwn(senders, name) ? senders[name]! : 0) + bytes };
};

/** What all shards have counted for a day. */
export const sumOfDay = (watermarks: readonly Watermark[], day: string): RefusedOfDay => {
  let senders: RefusedOfDay['senders'] = {};
  for (const { refused } of watermarks)
    if (refused?.day === day)
      for (const [sender, bytes] of Object.entries(refused.senders)) senders = add(senders, sender, bytes);
  return { day, senders };
};

/** With more files, listing them is expensive: then a count is valid for a quarter of an hour. */
export const manyFiles = 20_000;
const goodForMs = 15 * 60_000;

/** Whether a count is still valid. */
export const isFresh = ({ files, counted_at }: RefusedUsage, nowMs: number): boolean => {
  const ageMs = nowMs - Date.parse(counted_at);
  return files > manyFiles && ageMs >= 0 && ageMs < goodForMs;
};

/** Whether two counts are equal, except for the time when they were made. */
export const isSameUsage = (a: RefusedUsage, b: RefusedUsage): boolean =>
  a.bytes === b.bytes && a.files === b.files && JSON.stringify(a.of_day) === JSON.stringify(b.of_day);
