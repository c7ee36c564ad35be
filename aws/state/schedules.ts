/**
 * The schedules, each with its event log, and the index of when each is due next. The index is written before
 * the event that it is for: an extra entry is found and dropped, a missing entry would be a run that never
 * comes.
 */

import type { Objects } from '#aws/objects.ts';
import {
  dueOfKey,
  scheduleDueKey,
  schedulePrefix,
  schedulePrefixOfDueKey,
  schedulesDuePrefix,
  schedulesOfScopePrefix,
} from '#domain/schedule/layout.ts';
import { dueAt, evolveSchedule, type Schedule, type ScheduleEvent } from '#domain/schedule/schedule.ts';
import type { Instant } from '#domain/time.ts';
import { EventLog } from './event-log.ts';
import { encodeRecord, type RecordKind, readRecord, type UnreadableRecord } from './record.ts';

/** Only a few per page, since most entries are in the future. */
const dueAtOnce = 100;

const cure = 'Restore it from a copy; without one the schedule no longer runs: make another under a new id';

/** The key of an entry says which schedule it is for; its content is for people. */
const dueRecord: RecordKind<{ scope_id: string; id: string }> = {
  isWhole: ({ scope_id, id }) => typeof scope_id === 'string' && typeof id === 'string',
  cure: 'Delete it: its schedule does not exist',
};

export type DueSchedule = { key: string; at: Instant };

export class Schedules {
  readonly #state: Objects;
  readonly #events: EventLog<Schedule, ScheduleEvent>;
  constructor(state: Objects) {
    this.#state = state;
    this.#events = new EventLog(state, { evolve: evolveSchedule, cure });
  }

  get(scopeId: string, id: string): Promise<Schedule | undefined> {
    return this.at(schedulePrefix(scopeId, id));
  }

  /** The schedule whose events are below a prefix. */
  at(prefix: string): Promise<Schedule | undefined> {
    return this.#events.get(prefix);
  }

  /**
   * A page of the schedules of a scope after a cursor, including deleted ones; the cursor of the next page;
   * and an error for each schedule that cannot be read.
   */
  async page(
    scopeId: string,
    limit: number,
    cursor: string | undefined,
  ): Promise<{ schedules: Schedule[]; unreadable: UnreadableRecord[]; cursor: string | undefined }> {
    const prefix = schedulesOfScopePrefix(scopeId);
    const { found, ...page } = await this.#events.page(prefix, limit, cursor);
    return { schedules: found, ...page };
  }

  /** Appends an event to the schedule that was read; undefined if somebody else has advanced it. */
  async append(schedule: Schedule | undefined, event: ScheduleEvent): Promise<Schedule | undefined> {
    const next = evolveSchedule(schedule, event);
    await this.remind(next);
    return this.#events.append(schedulePrefix(next.scopeId, next.id), schedule, event);
  }

  /** Makes the entry of a schedule for its due time, or for another time. */
  async remind(schedule: Schedule, due: Instant | undefined = dueAt(schedule)): Promise<void> {
    const { scopeId, id } = schedule;
    if (due !== undefined)
      await this.#state.create(scheduleDueKey(due, scopeId, id), encodeRecord({ scope_id: scopeId, id }));
  }

  /** The entries up to an instant, the earliest first. */
  async *due(until: Instant): AsyncGenerator<DueSchedule> {
    for (let after: string | undefined, listed = dueAtOnce; listed === dueAtOnce; ) {
      listed = 0;
      for await (const { key } of this.#state.list(schedulesDuePrefix, after, dueAtOnce)) {
        const at = dueOfKey(key);
        if (at > until) return;
        yield { key, at };
        after = key;
        listed++;
      }
    }
  }

  /** The prefixes of the schedules that have an entry. */
  async reminded(): Promise<Set<string>> {
    const prefixes = new Set<string>();
    for await (const { key } of this.#state.list(schedulesDuePrefix))
      prefixes.add(schedulePrefixOfDueKey(key));
    return prefixes;
  }

  /** The schedule that an entry is for; undefined if it does not exist. */
  whichIs({ key }: DueSchedule): Promise<Schedule | undefined> {
    return this.at(schedulePrefixOfDueKey(key));
  }

  /** Throws if the entry of a schedule that does not exist is damaged. */
  async requireReadable({ key }: DueSchedule): Promise<void> {
    const stored = await this.#state.get(key);
    if (stored) readRecord(stored, dueRecord);
  }

  /** Drops an entry. */
  forget({ key }: DueSchedule): Promise<void> {
    return this.#state.delete(key);
  }
}
