import { describe, expect, it } from 'vitest';
import { parseObjectKey } from '#domain/archive/layout.ts';
import { keysSha256, type ListedKey } from '#domain/compact/cut.ts';
import type { SegmentFacts } from '#domain/compact/facts.ts';
import {
  areFactsOf,
  areSegments,
  factsOfDay,
  finishedObjects,
  isDayProgress,
  isProgressOf,
  noProgress,
  withRun,
} from '#domain/compact/progress.ts';
import { ledgerObject } from '#test/support/compact-world.ts';
import { secondsAfter } from '#test/support/segment-rows.ts';

const date = '2026-11-20';
const listed = (second: number): ListedKey => {
  const filedAt = secondsAfter(`${date}T00:00:00.000000000Z`, second);
  const { key } = ledgerObject('ontime', [{ id: 1, scope: 'a', occurredAt: filedAt, filedAt }], 1);
  return { key, name: parseObjectKey(key)! };
};
const objects = [1, 2, 3].map(listed);
const day = { date, lanes: { ontime: objects } };
const segment = (rows: number): SegmentFacts => ({
  key: `k${rows}`,
  bytes: 10,
  etag: `"${rows}"`,
  sha256: '',
  rows,
  text_bytes: rows * 100,
  first_filed_at: '',
  last_filed_at: '',
  groups: [],
});
const run = (its: ListedKey[], rows: number) => ({
  objects: its.length,
  keys_sha256: keysSha256(its),
  rows_sum: rows.toString(16).padStart(64, '0'),
  segment: segment(rows),
});

describe('the progress of a day', () => {
  const begun = withRun(noProgress(0, date), 'ontime', run(objects.slice(0, 2), 5));

  it('counts if its runs are the first objects of the day, and not otherwise', () => {
    expect(isDayProgress(begun)).toBe(true);
    expect(finishedObjects(begun, 'ontime')).toBe(2);
    expect(isProgressOf(begun, day)).toBe(true);
    expect(isProgressOf(begun, { ...day, date: '2026-11-21' })).toBe(false);
    expect(isProgressOf(begun, { date, lanes: {} })).toBe(false);
    expect(isProgressOf(begun, { date, lanes: { ontime: [listed(0), ...objects] } })).toBe(false);
    expect(isProgressOf(begun, { date, lanes: { ontime: [...objects, listed(9)] } })).toBe(true);
  });

  it('becomes the facts of the day, which are those of its objects alone', () => {
    const facts = factsOfDay(withRun(begun, 'ontime', run(objects.slice(2), 3)), day);
    expect(facts.lanes).toMatchObject({
      ontime: { objects: 3, rows: 8, text_bytes: 800, rows_sum: '8'.padStart(64, '0') },
    });
    expect(facts.lanes.ontime!.segments.map(({ key }) => key)).toEqual(['k5', 'k3']);
    expect(areFactsOf(facts, day)).toBe(true);
    expect(areFactsOf(undefined, day)).toBe(false);
    expect(areFactsOf(facts, { date, lanes: { ontime: objects.slice(1) } })).toBe(false);
    expect(areFactsOf(facts, { date, lanes: { ...day.lanes, late: objects } })).toBe(false);
    expect(areFactsOf(undefined, { date, lanes: {} })).toBe(true);
  });

  it('has exactly the segments that are listed, by key, size and ETag', () => {
    const both = [segment(5), segment(3)];
    expect(areSegments(both, [segment(3), segment(5)])).toBe(true);
    expect(areSegments(both, [segment(3)])).toBe(false);
    expect(areSegments([segment(3)], both)).toBe(false);
    expect(areSegments([segment(3)], [{ ...segment(3), etag: '"4"' }])).toBe(false);
    expect(areSegments([segment(3)], [{ ...segment(3), bytes: 11 }])).toBe(false);
  });
});
