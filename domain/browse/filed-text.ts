/**
 * Reads the text of an object of the ledger without parsing the lines that are not wanted. Lines are canonical:
 * quotes within a cell are escaped, so `"occurred_at":"` and `"scope_id":"` stand only where those columns do.
 */

import type { TimeSpan } from '#domain/compact/facts.ts';
import type { Cells } from '#domain/filter/filter.ts';
import type { Instant } from '#domain/time.ts';

/** Of an object: the span of each scope; of the object as a whole if it has many. */
export type TextIndex = {
  all: TimeSpan;
  /** The key of rows without a scope is undefined; absent if there are too many scopes to keep. */
  scopes: ReadonlyMap<string | undefined, TimeSpan> | undefined;
};

const maxIndexedScopes = 1000;
const occurredAtStart = '"occurred_at":"';
const scopeIdStart = '"scope_id":"';

type Line = { start: number; end: number; occurredAt: Instant; scopeId: string | undefined };

function* linesOf(text: string): Generator<Line> {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const at = text.indexOf(occurredAtStart, start) + occurredAtStart.length;
    const occurredAt = text.slice(at, at + 30);
    const scope = text.indexOf(scopeIdStart, at);
    const scopeId = scope < 0 || scope > end ? undefined : readString(text, scope + scopeIdStart.length);
    yield { start, end, occurredAt, scopeId };
    start = end + 1;
  }
}

/** The string of a JSON token after its opening quote. */
const readString = (text: string, start: number): string => {
  let at = start;
  let isPlain = true;
  for (let c = text.charCodeAt(at); c !== 0x22; c = text.charCodeAt(at)) {
    if (c === 0x5c) {
      isPlain = false;
      at++;
    }
    at++;
  }
  return isPlain ? text.slice(start, at) : (JSON.parse(text.slice(start - 1, at + 1)) as string);
};

const widen = (span: TimeSpan | undefined, at: Instant): TimeSpan =>
  span === undefined
    ? { least: at, greatest: at }
    : { least: at < span.least ? at : span.least, greatest: at > span.greatest ? at : span.greatest };

/** Undefined for a text without lines. */
export const indexOfText = (text: string): TextIndex | undefined => {
  let all: TimeSpan | undefined;
  const scopes = new Map<string | undefined, TimeSpan>();
  for (const { occurredAt, scopeId } of linesOf(text)) {
    all = widen(all, occurredAt);
    if (scopes.size <= maxIndexedScopes) scopes.set(scopeId, widen(scopes.get(scopeId), occurredAt));
  }
  if (!all) return undefined;
  const kept = new Map([...scopes].map(([id, span]) => [id === undefined ? id : ownText(id), ownSpan(span)]));
  return { all: ownSpan(all), scopes: scopes.size > maxIndexedScopes ? undefined : kept };
};

/** A part of a string is a view of it in V8: an index that is kept would keep the whole text of its object. */
const ownText = (part: string): string => Buffer.from(part).toString();
const ownSpan = ({ least, greatest }: TimeSpan): TimeSpan => ({
  least: ownText(least),
  greatest: ownText(greatest),
});

/** The span of what an object may hold of a scope, or of all; undefined if it holds nothing of it. */
export const spanOf = (
  { all, scopes }: TextIndex,
  selected: { scopeId: string } | undefined,
): TimeSpan | undefined => (selected === undefined || !scopes ? all : scopes.get(selected.scopeId));

/** The rows of a scope, or all, that occurred at a wanted time. */
export function* rowsOfText(
  text: string,
  selected: { scopeId: string } | undefined,
  isWanted: (occurredAt: Instant) => boolean,
): Generator<{ cells: Cells; bytes: number }> {
  for (const { start, end, occurredAt, scopeId } of linesOf(text)) {
    if (selected !== undefined && scopeId !== selected.scopeId) continue;
    if (!isWanted(occurredAt)) continue;
    yield { cells: JSON.parse(text.slice(start, end)) as Cells, bytes: end - start };
  }
}
