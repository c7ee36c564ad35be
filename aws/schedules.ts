/**
 * The event store of schedules, and the index of when each has to be looked at next. The index is written before what
 * it is for: an entry too many is looked at and dropped, one too few would be a run that never comes.
 */
import {
  dueOfKey,
  scheduleDueKey,
  scheduleEventKey,
  schedulePrefix,
  schedulesDuePrefix,
  schedulesOfScopePrefix,
} from '#domain/layout.ts';
import { dueAt, evolveSchedule, type Schedule, type ScheduleEvent } from '#domain/schedule.ts';
import type { Instant } from '#domain/time.ts';
import type { Objects } from './objects.ts';

export type DueSchedule = { key: string; at: Instant };

export class Schedules {
  readonly #state: Objects;
  constructor(state: Objects) {
    this.#state = state;
  }

  get(scopeId: string, id: string): Promise<Schedule | undefined> {
    return this.#fold(schedulePrefix(scopeId, id));
  }

  async #fold(prefix: string): Promise<Schedule | undefined> {
    const keys: string[] = [];
    for await (const { key } of this.#state.list(prefix)) keys.push(key);
    const objects = await Promise.all(keys.map(key => this.#state.get(key)));
    let schedule: Schedule | undefined;
    for (const object of objects)
      schedule = evolveSchedule(schedule, JSON.parse(object!.bytes.toString()) as ScheduleEvent);
    return schedule;
  }

  /** Those of a scope, the deleted ones too. */
  async of(scopeId: string): Promise<Schedule[]> {
    const prefix = schedulesOfScopePrefix(scopeId);
    const folders = new Set<string>();
    for await (const { key } of this.#state.list(prefix))
      folders.add(key.slice(0, key.indexOf('/', prefix.length) + 1));
    const schedules = await Promise.all([...folders].map(folder => this.#fold(folder)));
    return schedules.filter(schedule => schedule !== undefined);
  }

  /** Appends an event to the schedule as it was read; undefined where somebody else has carried it on. */
  async append(schedule: Schedule | undefined, event: ScheduleEvent): Promise<Schedule | undefined> {
    const next = evolveSchedule(schedule, event);
    await this.remind(next);
    const key = scheduleEventKey(next.scopeId, next.id, schedule?.length ?? 0);
    return (await this.#state.create(key, Buffer.from(`${JSON.stringify(event)}\n`))) === 'created'
      ? next
      : undefined;
  }

  /** Sees to it that the schedule is looked at when it is due, or at another time. */
  async remind(schedule: Schedule, due: Instant | undefined = dueAt(schedule)): Promise<void> {
    const { scopeId, id } = schedule;
    if (due !== undefined)
      await this.#state.create(
        scheduleDueKey(due, scopeId, id),
        Buffer.from(JSON.stringify({ scope_id: scopeId, id })),
      );
  }

  /** What has to be looked at up to an instant, the soonest first. */
  async *due(until: Instant): AsyncGenerator<DueSchedule> {
    for await (const { key } of this.#state.list(schedulesDuePrefix)) {
      const at = dueOfKey(key);
      if (at > until) return;
      yield { key, at };
    }
  }

  /** Which schedule is due; undefined where it has been looked at meanwhile. */
  async whichIs({ key }: DueSchedule): Promise<{ scope_id: string; id: string } | undefined> {
    const stored = await this.#state.get(key);
    return stored && (JSON.parse(stored.bytes.toString()) as { scope_id: string; id: string });
  }

  /** Drops what has been looked at. */
  forget({ key }: DueSchedule): Promise<void> {
    return this.#state.delete(key);
  }
}
