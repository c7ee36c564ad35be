/**
 * Reads what is known of segments and proves it before it is used: what lies in the partitions that a reader
 * reads must be exactly what the facts say. From the first day on for which that fails, or for which nothing is
 * known, the reader takes the ledger: segments are derived, and never worth an answer that is short.
 */
import { createHash } from 'node:crypto';
import { fewAtOnce } from '#aws/few-at-once.ts';
import type { Compactions } from '#aws/state/compactions.ts';
import { isUnreadable, orUnreadable } from '#aws/state/record.ts';
import type { Lane } from '#domain/archive/lane.ts';
import { firstDate } from '#domain/archive/layout.ts';
import { keysSha256 } from '#domain/compact/cut.ts';
import { type CompactedTo, type DayFacts, mayHold, type SegmentFacts } from '#domain/compact/facts.ts';
import { segmentDaysPrefix } from '#domain/compact/layout.ts';
import { readGroups, sourceOf } from '#domain/compact/segment-file.ts';
import type { Days } from '#domain/export/reads.ts';
import { dayBefore, type Instant, monthsBetween } from '#domain/time.ts';
import type { Ledger } from './ledger.ts';
import type { ListedObject, Objects } from './objects.ts';

/** A day of a bucket that cannot be read from segments, and why. */
export type SegmentFault = { bucket: number; date: string; reason: string };

/** The segments of a day of a lane. */
export type SegmentDay = { lane: Lane; date: string; segments: readonly SegmentFacts[] };

export type ProvenSegments = {
  /** Days up to this one are read from segments, and those after it from the ledger; undefined: none is. */
  compactedTo: CompactedTo;
  /** Those that hold anything, in the order of lanes and days. */
  days: SegmentDay[];
  /** Why it is not as far as the bucket is compacted: of the first such day. */
  faults: SegmentFault[];
};

type Places = { compactions: Compactions; views: Pick<Objects, 'list' | 'get'>; ledger: Ledger };
type Reading = { bucket: number; ranges: readonly Days[]; upTo: string };

export class Segments {
  readonly #places: Places;
  constructor(places: Places) {
    this.#places = places;
  }

  /** The segments of these days of a bucket, up to a day at most. */
  async prove(bucket: number, ranges: readonly Days[], atMost?: string): Promise<ProvenSegments> {
    const stored = await orUnreadable(this.#places.compactions.get(bucket));
    const first = firstOf(ranges);
    if (isUnreadable(stored))
      return { compactedTo: undefined, days: [], faults: [{ bucket, date: first, reason: stored.message }] };
    const upTo = least([
      stored.record.compacted_to ?? '',
      lastOf(ranges),
      ...(atMost === undefined ? [] : [atMost]),
    ]);
    if (upTo < first) return { compactedTo: undefined, days: [], faults: [] };
    const reading = { bucket, ranges, upTo };
    const { facts, faults } = await this.#factsOf(reading);
    const days: SegmentDay[] = [];
    for (const range of ranges) {
      const proven = await this.#proveLane(reading, range, facts);
      days.push(...proven.days);
      faults.push(...proven.faults);
    }
    faults.push(...(await this.#compareWithLedger(reading, facts)));
    if (faults.length === 0) return { compactedTo: upTo, days, faults };
    const fault = least(faults.map(({ date }) => date));
    const compactedTo = dayBefore(fault);
    const ofFirstDay = faults.filter(({ date }) => date === fault);
    return compactedTo < first
      ? { compactedTo: undefined, days: [], faults: ofFirstDay }
      : { compactedTo, days: days.filter(({ date }) => date <= compactedTo), faults: ofFirstDay };
  }

  /** The facts of the days, and the first day of each month whose record is missing or damaged. */
  async #factsOf({
    bucket,
    ranges,
    upTo,
  }: Reading): Promise<{ facts: Map<string, DayFacts>; faults: SegmentFault[] }> {
    const faults: SegmentFault[] = [];
    const facts = new Map<string, DayFacts>();
    await fewAtOnce(monthsBetween(firstOf(ranges), upTo), async month => {
      const stored = await orUnreadable(this.#places.compactions.month(bucket, month));
      const [from, to] = [latest(`${month}-01`, firstOf(ranges)), least([`${month}-31`, upTo])];
      if (isUnreadable(stored)) faults.push({ bucket, date: from, reason: stored.message });
      // A month on which nothing was filed has no record; but one that was lost must not hide what was.
      else if (stored.etag === undefined) {
        for (const { lane } of ranges) {
          const date = await this.#places.ledger.firstDay(lane, bucket, { first: from, last: to });
          if (date !== undefined) faults.push({ bucket, date, reason: `The facts of ${month} are missing` });
        }
      } else for (const day of stored.record.days) facts.set(day.date, day);
    });
    return { facts, faults };
  }

  async #proveLane(
    { bucket, upTo }: Reading,
    { lane, first = firstDate, last }: Days,
    facts: ReadonlyMap<string, DayFacts>,
  ): Promise<Pick<ProvenSegments, 'days' | 'faults'>> {
    const end = least([last, upTo]);
    const listed = await this.#listed(lane, bucket, { first, last: end });
    const dates = new Set([...facts.keys(), ...listed.keys()].filter(date => date >= first && date <= end));
    const days: SegmentDay[] = [];
    const faults: SegmentFault[] = [];
    for (const date of [...dates].sort()) {
      const segments = facts.get(date)?.lanes[lane]?.segments ?? [];
      const reason = await this.#compare(segments, listed.get(date) ?? []);
      if (reason !== undefined) faults.push({ bucket, date, reason });
      else if (segments.length > 0) days.push({ lane, date, segments });
    }
    return { days, faults };
  }

  /** What lies in the partitions, by day. */
  async #listed(
    lane: Lane,
    bucket: number,
    { first, last }: { first: string; last: string },
  ): Promise<Map<string, ListedObject[]>> {
    const found = new Map<string, ListedObject[]>();
    const prefix = segmentDaysPrefix(lane, bucket);
    for await (const object of this.#places.views.list(prefix, `${prefix}${first}`)) {
      const date = object.key.slice(prefix.length).split('/', 1)[0]!;
      if (date > last) break;
      found.set(date, [...(found.get(date) ?? []), object]);
    }
    return found;
  }

  /** Why these are not exactly the segments; undefined if they are. */
  async #compare(
    segments: readonly SegmentFacts[],
    listed: readonly ListedObject[],
  ): Promise<string | undefined> {
    const found = new Map(listed.map(object => [object.key, object]));
    for (const { key, bytes, etag, sha256 } of segments) {
      const object = found.get(key);
      if (!object) return `The segment ${key} is missing`;
      if (object.bytes !== bytes) return `The segment ${key} has ${object.bytes} bytes instead of ${bytes}`;
      // A bucket that was copied has other versions of the same bytes.
      if (object.etag !== etag && (await this.#bytesOf({ key, sha256 })) === undefined)
        return `The segment ${key} is not the one that was written`;
      found.delete(key);
    }
    const [foreign] = found.keys();
    return foreign === undefined ? undefined : `${foreign} is not a segment that was written`;
  }

  async #bytesOf({ key, sha256 }: Pick<SegmentFacts, 'key' | 'sha256'>): Promise<Buffer | undefined> {
    const object = await this.#places.views.get(key);
    return object && createHash('sha256').update(object.bytes).digest('hex') === sha256
      ? object.bytes
      : undefined;
  }

  /**
   * Whether the facts of the last two days are still of the objects that the ledger has: a run of archive that was
   * thought to have ended, or another stream, may have filed more. If the ledger has lost some, their rows are in
   * the segments alone, and compact raises an alarm.
   */
  async #compareWithLedger(
    { bucket, ranges, upTo }: Reading,
    facts: ReadonlyMap<string, DayFacts>,
  ): Promise<SegmentFault[]> {
    const faults: SegmentFault[] = [];
    for (const date of [dayBefore(upTo), upTo])
      for (const { lane, first = firstDate, last } of ranges) {
        if (date < first || date > last) continue;
        const keys = (await this.#places.ledger.keysOf(lane, bucket, date)).map(key => ({ key }));
        const known = facts.get(date)?.lanes[lane];
        const objects = known?.objects ?? 0;
        const isSame = keys.length === objects && (!known || keysSha256(keys) === known.keys_sha256);
        if (!isSame && keys.length >= objects)
          faults.push({ bucket, date, reason: 'The ledger has other objects than were compacted' });
      }
    return faults;
  }

  /**
   * The smallest `occurred_at` among the rows of a scope in these segments of lane late that were filed in
   * `[from, to)`; the day of a segment that turns out to be damaged.
   */
  async leastLate(
    scopeId: string,
    days: readonly SegmentDay[],
    { from, to }: { from: Instant | undefined; to: Instant },
  ): Promise<{ least: Instant | undefined } | { damaged: string; reason: string }> {
    let found: Instant | undefined;
    for (const { date, segments } of days)
      for (const segment of segments) {
        if (segment.first_filed_at >= to || (from !== undefined && segment.last_filed_at < from)) continue;
        const held = groupsOf(segment, scopeId);
        if (held.length === 0) continue;
        const bytes = await this.#bytesOf(segment);
        if (!bytes)
          return { damaged: date, reason: `The segment ${segment.key} is not the one that was written` };
        const source = sourceOf(bytes);
        for await (const { cells, rows } of readGroups(source, { columns: lateColumns, groups: held }))
          for (let row = 0; row < rows; row++) {
            const [scope, occurredAt, filedAt] = cells.map(column => column[row]) as [
              string?,
              Instant?,
              Instant?,
            ];
            if (scope !== scopeId || filedAt! >= to || (from !== undefined && filedAt! < from)) continue;
            if (found === undefined || occurredAt! < found) found = occurredAt;
          }
      }
    return { least: found };
  }
}

const lateColumns = ['scope_id', 'occurred_at', 'filed_at'];

const anyTime = { from: undefined, to: undefined };
const groupsOf = ({ groups }: SegmentFacts, scopeId: string): number[] =>
  [...groups.keys()].filter(n => mayHold(groups[n]!, scopeId, anyTime));

/**
 * A hash of the segments that a reader reads, over all of its buckets; undefined if there is none. It tells
 * whether they are still the same once the reader has read them.
 */
export const segmentsSha256 = (days: readonly SegmentDay[]): string | undefined => {
  if (days.length === 0) return undefined;
  const hash = createHash('sha256');
  for (const { segments } of days)
    for (const { key, bytes, sha256 } of segments) hash.update(`${key} ${bytes} ${sha256}\n`);
  return hash.digest('hex');
};

const least = (dates: readonly string[]): string => dates.reduce((a, b) => (a < b ? a : b));
const latest = (a: string, b: string): string => (a > b ? a : b);
const firstOf = (ranges: readonly Days[]): string =>
  latest(firstDate, least(ranges.map(({ first = firstDate }) => first)));
const lastOf = (ranges: readonly Days[]): string => ranges.map(({ last }) => last).reduce(latest);
