/**
 * Segments that could not be used, and compacted days that are not what their facts say: each is reported once, and
 * read from the ledger from then on. A segment that is made again has another key.
 */
import { BadSegment } from '#aws/segment-rows.ts';
import { errorFacts, type Log } from '#functions/runtime/log.ts';
import type { Metrics } from '#functions/runtime/metrics.ts';

const maxRemembered = 10_000;

export class BadSegments {
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #known = new Set<string>();

  constructor(log: Log, metrics: Metrics) {
    this.#log = log;
    this.#metrics = metrics;
  }

  has(key: string): boolean {
    return this.#known.has(key);
  }

  hasDay(bucket: number, date: string): boolean {
    return this.#known.has(nameOf(bucket, date));
  }

  /** Whether an error says that a segment cannot be used; if so, whoever reads it may try again. */
  took(error: unknown): boolean {
    if (!(error instanceof BadSegment)) return false;
    this.#add(error.key, { segment: error.key, ...errorFacts(error) });
    return true;
  }

  addDay(bucket: number, date: string, reason: string): void {
    this.#add(nameOf(bucket, date), { bucket, date, reason });
  }

  #add(name: string, facts: Record<string, unknown>): void {
    if (this.#known.has(name)) return;
    if (this.#known.size >= maxRemembered) this.#known.clear();
    this.#known.add(name);
    this.#metrics({ SegmentFaults: 1 });
    this.#log('error', 'Segments cannot be used, and the ledger is read in their place', facts);
  }
}

const nameOf = (bucket: number, date: string): string => `${bucket} ${date}`;
