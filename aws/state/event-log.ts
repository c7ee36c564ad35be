/**
 * The events of an aggregate: an object each below its prefix, numbered from 0 without a gap. One that is
 * damaged or gone makes the aggregate unreadable, and not another one than it was.
 */

import { fewAtOnce } from '#aws/few-at-once.ts';
import type { Objects } from '#aws/objects.ts';
import { eventKey } from '#domain/object-key.ts';
import { type RecordKind, readRecord, UnreadableRecord } from './record.ts';

type AnyEvent = { type: string; at: string };

/** The state that the events below a prefix make; undefined if there are none. Throws `UnreadableRecord`. */
export const foldEvents = async <State, Event extends AnyEvent>(
  state: Objects,
  prefix: string,
  evolve: (state: State | undefined, event: Event) => State,
  cure: string,
): Promise<State | undefined> => {
  const keys: string[] = [];
  for await (const { key } of state.list(prefix)) if (isEventKey(prefix, key)) keys.push(key);
  const kind: RecordKind<Event> = {
    isWhole: ({ type, at }) => typeof type === 'string' && typeof at === 'string',
    cure,
  };
  const events = await fewAtOnce([...keys.entries()], async ([n, key]): Promise<Event> => {
    const stored = key === eventKey(prefix, n) ? await state.get(key) : undefined;
    if (!stored)
      throw new UnreadableRecord(
        state.placeOf(eventKey(prefix, n)),
        'it is missing, and a later one is there',
        cure,
      );
    return readRecord(stored, kind);
  });
  try {
    return events.reduce<State | undefined>(evolve, undefined);
  } catch (error) {
    throw new UnreadableRecord(state.placeOf(prefix.slice(0, -1)), (error as Error).message, cure);
  }
};

const isEventKey = (prefix: string, key: string): boolean => /^\d{8}\.json$/.test(key.slice(prefix.length));
