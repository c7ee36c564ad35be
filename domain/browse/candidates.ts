/**
 * What one walk back through a log has found: for each event the copy that was filed first, as an export keeps it,
 * in bounded memory. If there are too many, those that are the oldest are dropped, and the floor rises above
 * them: what remains is decided once every source that may hold events above the floor has been read.
 */
import type { Instant } from '#domain/time.ts';
import {
  compareNewestFirst,
  type EventKey,
  isBefore,
  keyText,
  type Position,
  positionAfter,
} from './event-key.ts';

/** A row as a reader finds it; `content` is what a page needs of it. */
export type Copy<Content> = {
  key: EventKey;
  filedAt: Instant;
  /** Decides between copies that were filed at the same instant. */
  sha256: string;
  isMatch: boolean;
  bytes: number;
  content: Content;
};

export type CandidateLimits = {
  /** How many matching events are of use, and how many bytes of them; at least one event is kept. */
  matches: number;
  bytes: number;
  /** How many events are kept in memory, matching or not. */
  events: number;
  /**
   * By what factor these may be exceeded before the oldest are dropped; 2 if absent. Dropping sorts all that are kept, and
   * what is dropped is read again by a walk that wants all events.
   */
  slack?: number;
};

const usualSlack = 2;

type Entry<Content> = Omit<Copy<Content>, 'content'> & { content: Content | undefined };

export class Candidates<Content> {
  readonly #limits: CandidateLimits;
  readonly #before: Position;
  readonly #from: Instant | undefined;
  #entries = new Map<string, Entry<Content>>();
  #matches = 0;
  #bytes = 0;
  /** The oldest event that may still be of use. */
  #floor: EventKey | undefined;

  /** Of the events before a position that occurred at `from` or later. */
  constructor(limits: CandidateLimits, before: Position, from: Instant | undefined) {
    this.#limits = limits;
    this.#before = before;
    this.#from = from;
  }

  /** Nothing that occurred before this is of use; undefined means no limit. */
  get floor(): Instant | undefined {
    return this.#floor?.occurredAt ?? this.#from;
  }

  /**
   * Begins with the newest events that were found before: nothing older than the last of them is of use. If that
   * were too many, some were dropped, and the floor stays above those.
   */
  startWith(newest: readonly Copy<Content>[]): void {
    for (const copy of newest) this.add(copy);
    const last = newest.at(-1)?.key;
    if (last && (!this.#floor || compareNewestFirst(last, this.#floor) < 0)) this.#floor = last;
  }

  /** The newest events found so far. */
  newest(atMost: number): { key: EventKey; filedAt: Instant }[] {
    return this.#sorted()
      .slice(0, atMost)
      .map(({ key, filedAt }) => ({ key, filedAt }));
  }

  /** Whether an event that occurred then may be of use. */
  wantsAt(occurredAt: Instant): boolean {
    return this.mayWant(occurredAt, occurredAt);
  }

  /** Whether an event that occurred within these instants, both included, may be of use. */
  mayWant(least: Instant, greatest: Instant): boolean {
    const { floor } = this;
    return least <= this.#before.occurredAt && (floor === undefined || greatest >= floor);
  }

  /** Whether the floor has risen to this instant or above. */
  isRaisedTo(occurredAt: Instant): boolean {
    return this.#floor !== undefined && this.#floor.occurredAt >= occurredAt;
  }

  wants(key: EventKey): boolean {
    if (this.#from !== undefined && key.occurredAt < this.#from) return false;
    if (!isBefore(key, this.#before)) return false;
    return this.#floor === undefined || compareNewestFirst(key, this.#floor) <= 0;
  }

  add(copy: Copy<Content>): void {
    if (!this.wants(copy.key)) return;
    const id = keyText(copy.key);
    const known = this.#entries.get(id);
    if (known && !isFiledBefore(copy, known)) return;
    this.#count(known, -1);
    const entry = copy.isMatch ? copy : { ...copy, content: undefined };
    this.#entries.set(id, entry);
    this.#count(entry, 1);
    const { matches, bytes, events, slack = usualSlack } = this.#limits;
    if (this.#entries.size > slack * events || this.#matches > slack * matches || this.#bytes > slack * bytes)
      this.#drop();
  }

  #count(entry: Entry<Content> | undefined, by: 1 | -1): void {
    if (!entry?.isMatch) return;
    this.#matches += by;
    this.#bytes += by * entry.bytes;
  }

  /** Keeps the newest that are of use, and raises the floor to the oldest of them. */
  #drop(): void {
    const sorted = this.#sorted();
    const { matches, bytes, events } = this.#limits;
    let at = 0;
    let matching = 0;
    let size = 0;
    for (; at < sorted.length && at < events; at++) {
      const entry = sorted[at]!;
      if (!entry.isMatch) continue;
      if (matching > 0 && (matching === matches || size + entry.bytes > bytes)) break;
      matching++;
      size += entry.bytes;
    }
    const kept = sorted.slice(0, Math.max(at, 1));
    this.#floor = kept.at(-1)!.key;
    this.#entries = new Map(kept.map(entry => [keyText(entry.key), entry]));
    this.#matches = matching;
    this.#bytes = size;
  }

  #sorted(): Entry<Content>[] {
    return [...this.#entries.values()].sort((a, b) => compareNewestFirst(a.key, b.key));
  }

  /**
   * The events that occurred at `from` or later, the newest first, once all copies of those are known; and the
   * position up to which they are decided, undefined if that is the end of what is asked.
   */
  decided(from: Instant | undefined): { events: Entry<Content>[]; upTo: Position | undefined } {
    const events = this.#sorted().filter(({ key }) => from === undefined || key.occurredAt >= from);
    if (this.#floor !== undefined && (from === undefined || this.#floor.occurredAt >= from))
      return { events, upTo: positionAfter(this.#floor!) };
    const isAll = from === undefined || (this.#from !== undefined && from < this.#from);
    return { events, upTo: isAll ? undefined : { occurredAt: from } };
  }
}

/** A row can be in several objects: its echoes are not copies. */
const isFiledBefore = <T>(a: Omit<Copy<T>, 'content'>, b: Omit<Copy<T>, 'content'>): boolean =>
  a.filedAt < b.filedAt || (a.filedAt === b.filedAt && a.sha256 < b.sha256);
