/**
 * The keys that were filed lately, of one scope: what finds the copies of a row that was filed in time. Such a row was
 * filed at most 24 hours after it occurred, and no event is taken that occurs more than 15 minutes ahead, so a copy
 * of it that was filed earlier is at most 24 h 15 min older; some more are kept, since clocks differ. A key takes 20
 * bytes here, as 16 bytes of its hash and the minute, and no object.
 */
import { createHash } from 'node:crypto';
import type { Cells } from '#domain/filter/filter.ts';
import { type Instant, instantOfMilliseconds } from '#domain/time.ts';

/** 24 h 15 min, and 45 minutes for clocks that differ. */
export const keptKeysMs = 25 * 3_600_000;

/** Where the window must begin for rows that are filed from an instant on. */
export const firstKeptFiling = (from: Instant): Instant =>
  instantOfMilliseconds(Math.max(0, Date.parse(from) - keptKeysMs));

/** The hash of what tells events of a scope apart: 16 bytes. */
export const keyHash = ({ occurred_at, id }: Cells): Buffer =>
  createHash('sha256').update(`${occurred_at} ${id}`).digest().subarray(0, 16);

const words = 5;
const firstSlots = 1024;
const minuteMs = 60_000;
/** Without the nine digits, which are slow to read. */
const minuteOf = (at: Instant): number => Date.parse(`${at.slice(0, 16)}Z`) / minuteMs;

export class KeyWindow {
  /** Every row that was filed in `[from, to)` is in it. */
  readonly from: Instant;
  to: Instant;
  #slots = new Uint32Array(firstSlots * words);
  #used = 0;

  constructor(from: Instant) {
    this.from = from;
    this.to = from;
  }

  get size(): number {
    return this.#used;
  }

  get bytes(): number {
    return this.#slots.byteLength;
  }

  /** Adds a key; false if it was there. */
  add(hash: Buffer, filedAt: Instant): boolean {
    const at = this.#find(hash);
    // A minute is never 0, which marks a free slot.
    if (this.#slots[at + 4] !== 0) return false;
    for (let word = 0; word < 4; word++) this.#slots[at + word] = hash.readUInt32LE(word * 4);
    this.#slots[at + 4] = minuteOf(filedAt);
    this.#used += 1;
    if (this.#used * words * 2 > this.#slots.length) this.#rebuild(filedAt);
    return true;
  }

  has(hash: Buffer): boolean {
    return this.#slots[this.#find(hash) + 4] !== 0;
  }

  /** The place of a key, or the free one where it would be. */
  #find(hash: Buffer): number {
    const slots = this.#slots.length / words;
    const first = hash.readUInt32LE(0);
    const [second, third, fourth] = [hash.readUInt32LE(4), hash.readUInt32LE(8), hash.readUInt32LE(12)];
    // The number of slots is a power of two.
    for (let slot = first & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
      const at = slot * words;
      if (this.#slots[at + 4] === 0) return at;
      if (
        this.#slots[at] === first &&
        this.#slots[at + 1] === second &&
        this.#slots[at + 2] === third &&
        this.#slots[at + 3] === fourth
      )
        return at;
    }
  }

  /** Drops what is too old to matter for later rows; grows if the rest still fills it. */
  #rebuild(filedAt: Instant): void {
    const old = this.#slots;
    const oldest = minuteOf(filedAt) - keptKeysMs / minuteMs;
    let kept = 0;
    for (let at = 4; at < old.length; at += words) if (old[at]! >= oldest && old[at] !== 0) kept += 1;
    const needed = kept * 4;
    let slots = firstSlots;
    while (slots < needed) slots *= 2;
    this.#slots = new Uint32Array(slots * words);
    this.#used = kept;
    const mask = slots - 1;
    for (let at = 0; at < old.length; at += words) {
      if (old[at + 4] === 0 || old[at + 4]! < oldest) continue;
      let slot = old[at]! & mask;
      while (this.#slots[slot * words + 4] !== 0) slot = (slot + 1) & mask;
      this.#slots.set(old.subarray(at, at + words), slot * words);
    }
  }
}
