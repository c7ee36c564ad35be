/**
 * The values at paths into a JSON text, in one pass over it, however many paths there are and however deep it is.
 * An array is passed through: each of its items is at the place of the array. A key that occurs twice counts twice,
 * since nobody may hide a value behind another. An object has no value of its own.
 */
import { endOfScalar, endOfString } from '#domain/json/entries.ts';
import { unquote } from '#domain/json/token.ts';
import type { Path } from './path.ts';

/** Where the walk may go on from a place, and which of the paths end there. */
type Place = { steps: Map<string, Place>; ends: number[] };

const newPlace = (): Place => ({ steps: new Map(), ends: [] });

/** For compacted JSON text: the tokens of the scalars at each path, in their order, each once. */
export const tokensAt = (paths: readonly Path[]): ((text: string) => Set<string>[]) => {
  const root = newPlace();
  paths.forEach((path, n) => {
    let place = root;
    for (const name of path) {
      const next = place.steps.get(name) ?? newPlace();
      place.steps.set(name, next);
      place = next;
    }
    place.ends.push(n);
  });
  return text => {
    const found = paths.map(() => new Set<string>());
    walk(text, root, (place, token) => {
      for (const n of place.ends) found[n]!.add(token);
    });
    return found;
  };
};

type Container = { isArray: boolean; place: Place | undefined };

const walk = (text: string, root: Place, take: (place: Place, token: string) => void): void => {
  const open: Container[] = [];
  /** The place of the next value; undefined if no path goes there. */
  let place: Place | undefined = root;
  let isKey = false;
  for (let at = 0; at < text.length; ) {
    const c = text.charCodeAt(at);
    if (c === 0x7b || c === 0x5b) {
      open.push({ isArray: c === 0x5b, place });
      isKey = c === 0x7b;
      at++;
    } else if (c === 0x7d || c === 0x5d) {
      open.pop();
      at++;
    } else if (c === 0x2c) {
      const around = open.at(-1)!;
      isKey = !around.isArray;
      place = around.place;
      at++;
    } else if (c === 0x3a) at++;
    else {
      const end = c === 0x22 ? endOfString(text, at) : endOfScalar(text, at);
      if (isKey) {
        const around = open.at(-1)!.place;
        place = around && around.steps.size > 0 ? around.steps.get(unquote(text.slice(at, end))) : undefined;
        isKey = false;
      } else if (place && place.ends.length > 0) take(place, text.slice(at, end));
      at = end;
    }
  }
};
