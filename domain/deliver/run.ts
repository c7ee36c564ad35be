/**
 * A run of a delivery, as it is frozen before anything of it is sent: its window, which of the rows in it are sent,
 * in which form and cut into which parts. The ledger never changes, so the text of a run can be made again from this
 * at any time, and is then the same to the byte.
 */
import { createHash } from 'node:crypto';
import type { Cells } from '#domain/filter/filter.ts';
import { type Instant, isInstant } from '#domain/time.ts';
import type { DeliveryFault } from './destination.ts';
import type { DeliveryFormat } from './form.ts';
import type { OcsfTable } from './ocsf.ts';
import type { DeliveredEvent } from './sender.ts';

/** What had stopped a delivery, and when. */
export type NamedStop = { code: DeliveryFault; at: Instant };

/** Why a run was made: for its rows, or so that a manifest says how far the log was delivered. */
export type RunCause = 'rows' | 'daily' | 'pause' | 'resume';

export type FrozenPart = { rows: number; text_bytes: number; sha256: string };

export type FrozenRun = {
  format: 1;
  /** From 1, without gaps. */
  run: number;
  cause: RunCause;
  /** The window, `[from, to)` in `filed_at`; it begins where the last one ended. */
  from: Instant;
  to: Instant;
  /** Where the rows begin: before it the window was read already, and nothing in it was to be sent. */
  rows_from: Instant;
  definition_version: number;
  /** In OCSF also what the catalogue said of the actions of this run: it may say something else later. */
  form: { format: DeliveryFormat; version: number; ocsf?: OcsfTable | undefined };
  filter?: { action: readonly string[] } | undefined;
  /** Over the whole window. rows + filtered + dropped = read. */
  read: number;
  rows: number;
  filtered: number;
  dropped: number;
  /** Which rows from `rows_from` on are not sent: ranges of their places, from 0, both ends in it. */
  left_out: readonly (readonly [number, number])[];
  parts: readonly FrozenPart[];
  frozen_at: Instant;
  /** If the delivery had stopped since the manifest before. */
  stopped?: NamedStop | undefined;
  /**
   * When the installation was restored from a copy, as a part of a name; absent if it never was. Runs after the copy
   * may have had the same numbers and other events: those of now have names and ids of their own.
   */
  restored?: string | undefined;
};

export const isFrozenRun = ({ format, run, from, to, parts }: Partial<FrozenRun>): boolean =>
  format === 1 &&
  Number.isInteger(run) &&
  typeof from === 'string' &&
  isInstant(from) &&
  typeof to === 'string' &&
  isInstant(to) &&
  Array.isArray(parts);

/** What a stretch of the log has. */
export type Counts = { read: number; filtered: number; dropped: number };
export const noCounts: Counts = { read: 0, filtered: 0, dropped: 0 };
export const addCounts = (a: Counts, b: Counts): Counts => ({
  read: a.read + b.read,
  filtered: a.filtered + b.filtered,
  dropped: a.dropped + b.dropped,
});

/** How much of the log a run takes at most. */
export type RunLimits = { rows: number; textBytes: number };
export const deliveryLimits: RunLimits = { rows: 100_000, textBytes: 64 * 1024 * 1024 };

/** The text of a part, and whose it is. */
export type PartText = { text: Buffer; events: DeliveredEvent[]; sha256: string };

/** Cuts lines into parts: as few as the limits allow, each with one line at least. */
export class PartCutter {
  readonly parts: PartText[] = [];
  readonly #limits: RunLimits;
  #lines: Buffer[] = [];
  #bytes = 0;
  #events: DeliveredEvent[] = [];

  constructor(limits: RunLimits) {
    this.#limits = limits;
  }

  add(line: string, { id, occurred_at }: Cells): void {
    const bytes = Buffer.from(line);
    const { rows, textBytes } = this.#limits;
    if (this.#lines.length > 0 && (this.#lines.length >= rows || this.#bytes + bytes.length > textBytes))
      this.cut();
    this.#lines.push(bytes);
    this.#bytes += bytes.length;
    this.#events.push({ id: String(id), occurredAt: String(occurred_at) });
  }

  /** Ends the part that is open, if there is one. */
  cut(): void {
    if (this.#lines.length === 0) return;
    const text = Buffer.concat(this.#lines, this.#bytes);
    const sha256 = createHash('sha256').update(text).digest('hex');
    this.parts.push({ text, events: this.#events, sha256 });
    this.#lines = [];
    this.#bytes = 0;
    this.#events = [];
  }
}

/** Places in their order, as ranges. */
export class Ranges {
  readonly #ranges: [number, number][] = [];

  add(place: number): void {
    const last = this.#ranges.at(-1);
    if (last && last[1] === place - 1) last[1] = place;
    else this.#ranges.push([place, place]);
  }

  get list(): readonly (readonly [number, number])[] {
    return this.#ranges;
  }
}

/** Tells of places, which are asked in their order, whether a range holds them. */
export const rangeReader = (ranges: readonly (readonly [number, number])[]): ((place: number) => boolean) => {
  let at = 0;
  return place => {
    while (at < ranges.length && ranges[at]![1] < place) at += 1;
    return at < ranges.length && ranges[at]![0] <= place;
  };
};
