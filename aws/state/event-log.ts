/**
 * The events of an aggregate: one object per event below its prefix, numbered from 0 without gaps, and
 * appended only if the number is free. If an event is damaged or missing, the aggregate is unreadable, so
 * that it is never mistaken for another one.
 */

import { fewAtOnce, foldsAtOnce } from '#aws/few-at-once.ts';
import type { Objects } from '#aws/objects.ts';
import { eventKey } from '#domain/object-key.ts';
import {
  encodeRecord,
  isUnreadable,
  orUnreadable,
  type RecordKind,
  readRecord,
  UnreadableRecord,
} from './record.ts';

type AnyEvent = { type: string; at: string };

export type Aggregate<State, Event> = {
  /** Folds the next event into the state; throws if it cannot follow. */
  evolve(state: State | undefined, event: Event): State;
  /** What to do about a damaged event. */
  cure: string;
};

/** The aggregates that were found, an error for each that cannot be read, and the cursor of the next page. */
export type AggregatePage<State> = {
  found: State[];
  unreadable: UnreadableRecord[];
  cursor: string | undefined;
};

/** The character after `/`: a folder's name followed by it sorts after everything in the folder. */
const afterSlash = '0';

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

  /** A page of the aggregates below a prefix, each in a folder of its own, after a cursor. */
  async page(prefix: string, limit: number, cursor: string | undefined): Promise<AggregatePage<State>> {
    const folders: string[] = [];
    for (let last = cursor; folders.length <= limit; ) {
      const folder = await this.#folderAfter(prefix, last);
      if (folder === undefined) break;
      folders.push(folder);
      last = folder;
    }
    const shown = folders.slice(0, limit);
    const read = await fewAtOnce(shown, folder => orUnreadable(this.get(`${prefix}${folder}/`)), foldsAtOnce);
    return {
      found: read.filter(one => one !== undefined && !isUnreadable(one)) as State[],
      unreadable: read.filter(isUnreadable),
      cursor: folders.length > limit ? shown.at(-1) : undefined,
    };
  }

  /** The next folder below a prefix. Lists one key, so that skipping an aggregate does not list its events. */
  async #folderAfter(prefix: string, folder: string | undefined): Promise<string | undefined> {
    const after = folder === undefined ? undefined : `${prefix}${folder}${afterSlash}`;
    for await (const { key } of this.#state.list(prefix, after, 1))
      return key.slice(prefix.length, key.indexOf('/', prefix.length));
    return undefined;
  }

  /** Appends an event to the state that was read; undefined if somebody else has appended since. */
  async append(prefix: string, state: State | undefined, event: Event): Promise<State | undefined> {
    const next = this.#aggregate.evolve(state, event);
    const key = eventKey(prefix, state?.version ?? 0);
    return (await this.#state.create(key, encodeRecord(event))) === 'created' ? next : undefined;
  }
}

const isEventKey = (prefix: string, key: string): boolean => /^\d{8}\.json$/.test(key.slice(prefix.length));
