/**
 * The record of a bucket while a run of compact has it. Each change replaces the version that this run wrote or
 * read; once another run has written, every further change fails. So of two runs only the one that came last can
 * move `compacted_to`.
 */

import type { Compactions, Versioned } from '#aws/state/compactions.ts';
import { firstDate } from '#domain/archive/layout.ts';
import type { Compaction } from '#domain/compact/compaction.ts';
import type { CompactedTo, DayFacts, MonthFacts } from '#domain/compact/facts.ts';
import { monthOf } from '#domain/compact/layout.ts';
import { dayBefore, monthsBetween } from '#domain/time.ts';
import { type CompactWorld, overtaken } from './compact-world.ts';

export class HeldRecord {
  readonly #compactions: Compactions;
  #held: Versioned<Compaction>;

  constructor(compactions: Compactions, held: Versioned<Compaction>) {
    this.#compactions = compactions;
    this.#held = held;
  }

  get record(): Compaction {
    return this.#held.record;
  }

  /** Changes some members; undefined removes one. */
  async change(change: { [Name in keyof Compaction]?: Compaction[Name] | undefined }): Promise<void> {
    const record = JSON.parse(JSON.stringify({ ...this.record, ...change })) as Compaction;
    const { bucket } = record;
    if (!(await this.#compactions.put(record, this.#held))) throw overtaken(`bucket ${bucket}`);
    const stored = await this.#compactions.get(bucket);
    if (JSON.stringify(stored.record) !== JSON.stringify(record)) throw overtaken(`bucket ${bucket}`);
    this.#held = stored;
  }

  /** Whether the stored record is still the one that this run wrote. */
  async isOwn(): Promise<boolean> {
    return (await this.#compactions.get(this.record.bucket)).etag === this.#held.etag;
  }

  /**
   * Moves `compacted_to` forward. The facts are written first: of the days that are passed, only this one may
   * have any.
   */
  async moveTo(date: string, facts: DayFacts | undefined): Promise<void> {
    const { bucket, compacted_to } = this.record;
    for (const month of monthsBetween(monthOf(compacted_to ?? firstDate), monthOf(date))) {
      const stored = await this.#compactions.month(bucket, month);
      const isPassed = (each: DayFacts): boolean =>
        each.date <= date && (compacted_to === undefined || each.date > compacted_to);
      const others = stored.record.days.filter(each => !isPassed(each));
      const own = facts && monthOf(facts.date) === month ? [facts] : [];
      const days = [...others, ...own].sort((a, b) => (a.date < b.date ? -1 : 1));
      if (JSON.stringify(days) === JSON.stringify(stored.record.days)) continue;
      const record: MonthFacts = { ...stored.record, days };
      if (!(await this.#compactions.putMonth(record, stored))) throw overtaken(`the facts of ${month}`);
    }
    const rebuild = this.record.rebuild?.filter(each => each > date);
    await this.change({ compacted_to: date, rebuild: rebuild?.length ? rebuild : undefined });
  }

  /** Takes back a day and all after it: they are read from the ledger again. */
  async lowerBelow(date: string, more: Pick<Compaction, 'rebuild'> = {}): Promise<void> {
    const { compacted_to } = this.record;
    if (compacted_to !== undefined && compacted_to >= date)
      await this.change({ compacted_to: dayBefore(date), ...more });
  }

  /** The facts of these days, by date; days without any are absent. */
  async factsOf(first: string, last: CompactedTo): Promise<Map<string, DayFacts>> {
    if (last === undefined) return new Map();
    const days = await this.#compactions.days(
      this.record.bucket,
      monthsBetween(monthOf(first), monthOf(last)),
    );
    return new Map(days.filter(({ date }) => date >= first && date <= last).map(day => [day.date, day]));
  }
}

/** An alarm is raised: the segments hold rows that the ledger has lost, so they stay, and are read. */
export const keepWhatIsLost = (world: CompactWorld, bucket: number, date: string): void => {
  world.metrics({ CompactionFaults: 1 });
  world.log(
    'error',
    'The ledger lacks objects of a compacted day, whose segments are kept and read; ' +
      'restore the objects from a copy, or make segments of what is left with "annals rebuild"',
    { bucket, date },
  );
};

/** An alarm is raised: whatever was answered since may have lacked what came later. */
export const takeBack = async (world: CompactWorld, held: HeldRecord, date: string): Promise<void> => {
  await held.lowerBelow(date);
  world.metrics({ CompactionFaults: 1 });
  world.log(
    'error',
    'A compacted day is not what its facts say; it is read from the ledger and compacted anew',
    {
      bucket: held.record.bucket,
      date,
    },
  );
};
