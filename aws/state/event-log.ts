/**
 * The events of an aggregate: one object per event below its prefix, numbered from 0 without gaps, and
 * appended only if the number is free. If an event is damaged or missing, the aggregate is unreadable, so
 * that it is never mistaken for another one.
 */

import { fewAtOnce } from '#aws/few-at-once.ts';
import type { Objects } from '#aws/objects.ts';
import { eventKey } from '#domain/object-key.ts';
import { encodeRecord, type RecordKind, readRecord, UnreadableRecord } from './record.ts';

type AnyEvent = { type: string; at: string };

export type Aggregate<State, Event> = {
  /** Folds the next event into the state; throws if it cannot follow. */
  evolve(state: State | undefined, event: Event): State;
  /** What to do about a damaged event. */
  cure: string;
};

/** The `version` of a state is its number of events, which is also the number of the next event. */
export class EventLog<State extends { version: number }, Event extends AnyEvent> {
  readonly #state: Objects;
  readonly #aggregate: Aggregate<State, Event>;
  readonly #kind: RecordKind<Event>;

  constructor(state: Objects, aggregate: Aggregate<State, Event>) {
    this.#state = state;
    this.#aggregate = aggregate;
    this.#kind = {
      isWhole: ({ type, at }) => typeof type === 'string' && typeof at === 'string',
      cure: aggregate.cure,
    };
  }

  /** Folds the events below a prefix; undefined if there are none. Throws `UnreadableRecord`. */
  async get(prefix: string): Promise<State | undefined> {
    const { evolve, cure } = this.#aggregate;
    const keys: string[] = [];
    for await (const { key } of this.#state.list(prefix)) if (isEventKey(prefix, key)) keys.push(key);
    const events = await fewAtOnce([...keys.entries()], ([n, key]) => this.#event(prefix, n, key));
    try {
      return events.reduce<State | undefined>(evolve, undefined);
    } catch (error) {
      throw new UnreadableRecord(this.#state.placeOf(prefix.slice(0, -1)), (error as Error).message, cure);
    }
  }

  async #event(prefix: string, n: number, listed: string): Promise<Event> {
    const key = eventKey(prefix, n);
    const stored = listed === key ? await this.#state.get(key) : undefined;
    if (stored) return readRecord(stored, this.#kind);
    throw new UnreadableRecord(
      this.#state.placeOf(key),
      'it is missing, and a later one is there',
      this.#aggregate.cure,
    );
  }

  /** Appends an event to the state that was read; undefined if somebody else has appended since. */
  async append(prefix: string, state: State | undefined, event: Event): Promise<State | undefined> {
    const next = this.#aggregate.evolve(state, event);
    const key = eventKey(prefix, state?.version ?? 0);
    return (await this.#state.create(key, encodeRecord(event))) === 'created' ? next : undefined;
  }
}

const isEventKey = (prefix: string, key: string): boolean => /^\d{8}\.json$/.test(key.slice(prefix.length));
