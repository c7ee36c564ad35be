/** The paths into payload and metadata that events have, and the values that are there. */

import { isPathField, maxSteps, type Path, type PathField } from '#domain/filter/path.ts';
import { itemsOf, membersOf } from '#domain/json/entries.ts';
import { kindOf, unquote } from '#domain/json/token.ts';
import { fieldOfPath, type QueryField } from '../query-fields.ts';

/** How many paths are remembered, and how many values of each. */
const mostPaths = 200;
const mostValues = 100;
/** Longer values and deeper objects are not suggested. */
const maxValueUnits = 256;

/** For each path, how many events have each of its values. */
export type KnownPaths = ReadonlyMap<QueryField, ReadonlyMap<string, number>>;

/** Each text is the JSON of an event. */
export const knownPathsOf = (events: readonly string[]): KnownPaths => {
  const known = new Map<QueryField, Map<string, number>>();
  for (const event of events) for (const key of new Set(placesOf(event))) count(known, key);
  return known;
};

/** Path and value as one text: an event counts once for each. */
function* placesOf(event: string): Generator<string> {
  for (const { key, value } of membersOf(event)) {
    const field = unquote(key);
    if (isPathField(field) && kindOf(value) === 'object') yield* leavesOf(field, value, []);
  }
}

function* leavesOf(field: PathField, token: string, path: Path): Generator<string> {
  const kind = kindOf(token);
  if (kind === 'object') {
    if (path.length === maxSteps) return;
    for (const { key, value } of membersOf(token)) yield* leavesOf(field, value, [...path, unquote(key)]);
  } else if (kind === 'array') {
    for (const item of itemsOf(token)) if (kindOf(item) !== 'array') yield* leavesOf(field, item, path);
  } else if (token.length <= maxValueUnits)
    yield JSON.stringify([fieldOfPath(field, path), kind === 'string' ? unquote(token) : token]);
}

const count = (known: Map<QueryField, Map<string, number>>, key: string): void => {
  const [field, value] = JSON.parse(key) as [QueryField, string];
  const values = known.get(field);
  if (!values) {
    if (known.size < mostPaths) known.set(field, new Map([[value, 1]]));
  } else if (values.has(value) || values.size < mostValues) values.set(value, (values.get(value) ?? 0) + 1);
};
