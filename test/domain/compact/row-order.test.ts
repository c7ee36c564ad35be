import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareAbsentLast, compareRows, compareUtf8, type OrderedRow } from '#domain/compact/row-order.ts';

const text = fc.string({
  unit: fc.constantFrom('a', 'b', '\u00e9', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'),
});

describe('the order of rows', () => {
  it('compares texts as their UTF-8 bytes compare', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
    expect(compareUtf8('\u{10000}', '\ue000')).toBeGreaterThan(0);
  });

  it('puts what is absent last', () => {
    expect(compareAbsentLast(undefined, '\u{10ffff}')).toBeGreaterThan(0);
    expect(compareAbsentLast('', undefined)).toBeLessThan(0);
    expect(compareAbsentLast(undefined, undefined)).toBe(0);
  });

  it('goes by scope, time, id, time of filing and content', () => {
    const row: OrderedRow = {
      scope_id: 'a',
      occurred_at: '2026-11-25T00:00:00.000000000Z',
      id: '0',
      filed_at: '2026-11-25T00:00:00.000000000Z',
      content_sha256: '0',
    };
    const rows = [
      row,
      { ...row, content_sha256: '1' },
      { ...row, filed_at: '2026-11-25T00:00:00.000000001Z' },
      { ...row, id: '1' },
      { ...row, occurred_at: '2026-11-25T00:00:00.000000001Z' },
      { ...row, scope_id: 'b' },
      { ...row, scope_id: undefined },
    ];
    expect([...rows].reverse().sort(compareRows)).toEqual(rows);
  });
});
