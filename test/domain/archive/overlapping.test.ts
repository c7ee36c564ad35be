import { describe, expect, it } from 'vitest';
import { distinctRows, overlapping } from '#domain/archive/overlapping.ts';

const object = (id: string, first: number, last: number, shard = 's', streamDigits?: string) => ({
  id,
  name: {
    lane: 'ontime' as const,
    bucket: 0,
    firstFiledAt: '2026-11-23T12:00:00.000000000Z',
    shard,
    streamDigits,
    firstSequence: String(first),
    lastSequence: String(last),
    textDigits: '',
  },
});
const groups = (...objects: ReturnType<typeof object>[]) =>
  overlapping(objects).map(group => group.map(({ id }) => id).sort());

describe('objects whose records overlap', () => {
  it('are grouped by shard and stream, also through others', () => {
    expect(groups(object('a', 1, 5), object('b', 4, 9), object('c', 9, 12), object('d', 13, 14))).toEqual([
      ['a', 'b', 'c'],
      ['d'],
    ]);
    expect(groups(object('a', 1, 20), object('b', 2, 3), object('c', 15, 16))).toEqual([['a', 'b', 'c']]);
    expect(groups(object('a', 1, 5), object('b', 1, 5, 't'), object('c', 1, 5, 's', 'x'))).toHaveLength(3);
  });

  it('have their sequences compared as integers', () => {
    expect(groups(object('a', 9, 9), object('b', 10, 11))).toEqual([['a'], ['b']]);
  });

  it('count each of their rows once', () => {
    const holding = (...lines: string[]) => ({
      lines: lines.map(line => Buffer.from(line)),
      isFinished: true,
      isCounted: true,
    });
    expect(distinctRows([holding('a', 'b'), holding('b', 'c')])).toBe(3);
    expect(distinctRows([holding('a', 'b')])).toBe(2);
    expect(distinctRows([])).toBe(0);
  });
});
