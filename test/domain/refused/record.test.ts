import { describe, expect, it } from 'vitest';
import type { RefusedHeader } from '#domain/refused/item.ts';
import { filePart, isRefusedRecord, isWhole, timeOf } from '#domain/refused/record.ts';

const filedAt = '2026-11-23T12:00:00.000000000Z';
const later = '2026-11-23T12:00:00.000000005Z';
const header = (part: number, change: Partial<RefusedHeader> = {}): RefusedHeader => ({
  key: 'k'.repeat(64),
  sha256: 'a'.repeat(64),
  code: 'missing_member',
  path: '/success',
  sender: 's',
  received_at: filedAt,
  request_id: 'r',
  address: '192.0.2.7',
  content_type: 'application/json',
  bytes: 600_000,
  part,
  parts: 2,
  ...change,
});
const place = (sequence: number, at = filedAt) => ({
  bucket: 7,
  filedAt: at,
  shard: 'annals/s',
  sequence: String(sequence),
});

describe('the record of a refused item', () => {
  it('gathers its parts, and is whole once it has all', () => {
    const first = filePart(undefined, header(2), place(1));
    expect(first).toMatchObject({ filed: [null, filedAt], repeats: 0, filed_at: filedAt });
    expect([isRefusedRecord(first), isWhole(first)]).toEqual([true, false]);
    const whole = filePart(first, header(1), place(2, later));
    expect(whole).toMatchObject({ filed: [later, filedAt], repeats: 0, filed_at: filedAt });
    expect(isWhole(whole)).toBe(true);
  });

  it('does not change if a record of the stream comes again, and counts resent items', () => {
    const whole = filePart(filePart(undefined, header(1), place(9)), header(2), place(10));
    expect(filePart(whole, header(1), place(9))).toBe(whole);
    expect(filePart(whole, header(2), place(10))).toBe(whole);
    const again = filePart(filePart(whole, header(1), place(11, later)), header(2), place(12, later));
    expect(again).toMatchObject({ repeats: 1, filed: [filedAt, filedAt], last: { sequence: '12' } });
  });

  it('begins again, open, if its bytes are deleted', () => {
    const gone = {
      ...filePart(undefined, header(1, { parts: 1 }), place(1)),
      gone: true as const,
      end: { how: 'purged' as const, at: later, by: 'o', reason: null },
    };
    const again = filePart(gone, header(1, { parts: 1 }), place(2, later));
    expect(again).toMatchObject({ repeats: 1, filed: [later], filed_at: later });
    expect([again.end, again.gone]).toEqual([undefined, undefined]);
  });

  it('holds neither bytes nor what could tell of anybody, and is found by when it occurred', () => {
    const record = filePart(undefined, header(1), place(1));
    expect(JSON.stringify(record)).not.toMatch(/192\.0\.2\.7|\/success|"r"/);
    expect(timeOf(record)).toBe(filedAt);
    expect(timeOf({ ...record, occurred_at: later })).toBe(later);
  });
});
