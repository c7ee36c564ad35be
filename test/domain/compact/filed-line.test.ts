import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFiledLine, filedRowOf, orderOf, placeOf, readFiledLine } from '#domain/compact/filed-line.ts';
import { filed, rowText } from '#test/support/builders.ts';
import { arbitraryCells, cellsWith } from '#test/support/segment-rows.ts';

const read = (text: string) => readFiledLine(Buffer.from(text));

describe('a line of the ledger', () => {
  it('is what its own cells encode', () => {
    fc.assert(
      fc.property(arbitraryCells, cells => {
        expect(read(encodeFiledLine(cells))).toEqual({ cells });
      }),
    );
  });

  it('is read as archive files it', () => {
    const occurredAt = '2026-11-20T10:00:00.000000000Z';
    const filedAt = '2026-11-20T10:00:01.000000001Z';
    const line = filed(rowText('0191f3a0-6c1e-7a3b-9f00-5b0c3b1f9a77', occurredAt), filedAt);
    const cells = readFiledLine(line.subarray(0, -1));
    if ('fault' in cells) throw new Error(cells.fault);
    expect(`${encodeFiledLine(cells.cells)}\n`).toBe(line.toString());
    expect(orderOf(cells.cells)).toMatchObject({
      occurred_at: occurredAt,
      filed_at: filedAt,
      scope_id: 'acme',
    });
  });

  it.each([
    ['a member that is not a column', (line: string) => line.replace('{', '{"x":1,')],
    ['a column twice', (line: string) => line.replace('"version":1', '"version":2,"version":1')],
    ['another order', (line: string) => line.replace(/^\{("action":"[^"]*"),(.*)\}$/, '{$2,$1}')],
    ['another spelling', (line: string) => line.replace('context.create', 'context\\u002ecreate')],
    ['a space', (line: string) => line.replace('"version":1', '"version": 1')],
    ['another form of a number', (line: string) => line.replace('"version":1', '"version":1e0')],
    ['a prototype', (line: string) => line.replace('{', '{"__proto__":{"action":"a.b"},')],
  ])('is not taken with %s', (_, change) => {
    const line = encodeFiledLine(cellsWith());
    expect(change(line)).not.toBe(line);
    expect(read(change(line))).toEqual({ fault: 'its cells do not encode to the same line' });
  });

  it('is not taken without a required column, or with one of another type', () => {
    const fault = 'its column "action" is missing or of another type';
    expect(read(encodeFiledLine(cellsWith({ action: undefined })))).toEqual({ fault });
    expect(read(encodeFiledLine(cellsWith({ action: 1 })))).toEqual({ fault });
  });

  it('is not taken if it is not text, not JSON, not an object, or has a time that is none', () => {
    expect(readFiledLine(Buffer.from([0x7b, 0xff, 0x7d]))).toEqual({ fault: 'it is not UTF-8' });
    expect(read('{')).toEqual({ fault: 'it is not JSON' });
    expect(read('null')).toEqual({ fault: 'it is not an object' });
    expect(read(encodeFiledLine(cellsWith({ filed_at: '2026-11-20' })))).toEqual({
      fault: 'it has a time that is not an instant',
    });
  });

  it('says where its row belongs, or why it is not a row as receive makes it', () => {
    const cells = cellsWith();
    const row = { occurredAt: cells[placeOf('occurred_at')], filedAt: cells[placeOf('filed_at')] };
    expect(filedRowOf(cells)).toEqual({ ...row, bucketedBy: cells[placeOf('scope_id')] });
    const withoutScope = cellsWith({ scope_id: undefined });
    expect(filedRowOf(withoutScope)).toEqual({ ...row, bucketedBy: cells[placeOf('target_id')] });
    expect(filedRowOf(cellsWith({ id: 'x' }))).toEqual({ fault: 'its id is not a UUID' });
    for (const version of [0, 1.5, 2 ** 31])
      expect(filedRowOf(cellsWith({ version }))).toEqual({
        fault: 'its version is not a positive integer of 32 bits',
      });
    expect(filedRowOf(cellsWith({ payload: '[]' }))).toEqual({
      fault: 'its column "payload" is not an object',
    });
    expect(filedRowOf(cellsWith({ actor_id: '\ud800' }))).toEqual({
      fault: 'it holds half of a surrogate pair',
    });
  });

  it('knows the places of columns by their names', () => {
    expect(placeOf('action')).toBe(0);
    expect(() => placeOf('nothing')).toThrow('Expected the name of a column, got "nothing"');
  });
});
