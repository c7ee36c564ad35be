import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RowCells } from '#domain/compact/filed-line.ts';
import { RowSum } from '#domain/compact/row-sum.ts';
import { arbitraryCells, cellsWith } from '#test/support/segment-rows.ts';

const sumOf = (rows: readonly RowCells[]): string => {
  const sum = new RowSum();
  for (const row of rows) sum.add(row);
  expect(sum.rows).toBe(rows.length);
  return sum.hex();
};

describe('the sum of rows', () => {
  it('does not depend on their order, and sums of parts add up', () => {
    fc.assert(
      fc.property(fc.array(arbitraryCells, { maxLength: 8 }), fc.nat(8), (rows, cut) => {
        expect(sumOf([...rows].reverse())).toBe(sumOf(rows));
        const parts = new RowSum();
        for (const part of [rows.slice(0, cut), rows.slice(cut)]) parts.addSum(sumOf(part), part.length);
        expect([parts.hex(), parts.rows]).toEqual([sumOf(rows), rows.length]);
      }),
    );
  });

  it('adds hashes modulo 2^256', () => {
    const hash = (cells: RowCells): bigint => BigInt(`0x${sumOf([cells])}`);
    fc.assert(
      fc.property(fc.array(arbitraryCells, { maxLength: 8 }), rows => {
        const expected = rows.reduce((sum, row) => sum + hash(row), 0n) % 2n ** 256n;
        expect(sumOf(rows)).toBe(expected.toString(16).padStart(64, '0'));
      }),
    );
    const carried = new RowSum();
    carried.addSum('f'.repeat(64), 1);
    carried.addSum(`${'0'.repeat(63)}2`, 1);
    expect(carried.hex()).toBe(`${'0'.repeat(63)}1`);
    expect(() => carried.addSum('x', 1)).toThrow('Expected 64 hex digits, got "x"');
  });

  it('counts the same row twice', () => {
    expect(sumOf([cellsWith(), cellsWith()])).not.toBe(sumOf([]));
    expect(sumOf([cellsWith(), cellsWith()])).not.toBe(sumOf([cellsWith()]));
  });

  it('tells an absent cell from an empty one, and one column from the next', () => {
    const variants = [
      cellsWith({ request_id: undefined, sent_id: undefined }),
      cellsWith({ request_id: '', sent_id: undefined }),
      cellsWith({ request_id: undefined, sent_id: '' }),
      cellsWith({ actor_id: 'ab', target_id: 'c' }),
      cellsWith({ actor_id: 'a', target_id: 'bc' }),
    ];
    expect(new Set(variants.map(cells => sumOf([cells]))).size).toBe(variants.length);
  });

  it('is of name, length and text of each cell', () => {
    const only = cellsWith().map((_, at) =>
      at === 0 ? 'é\u{1f600}' : at === 7 ? 12 : at === 9 ? false : undefined,
    );
    const text = 'action\x003\0é\u{1f600}version\x002\x0012success\x005\0false';
    expect(sumOf([only])).toBe(createHash('sha256').update(text).digest('hex'));
  });

  it('takes cells of any length', () => {
    const long = cellsWith({ payload: 'é'.repeat(100_000) });
    expect(sumOf([long])).not.toBe(sumOf([cellsWith({ payload: 'é'.repeat(99_999) })]));
  });
});
