import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePack, encodePacks, heartbeat, maxInflatedBytes, maxPackBytes } from '#domain/archive/pack.ts';

describe('a pack', () => {
  const rowsOf = (packs: ReturnType<typeof encodePacks>) =>
    packs.flatMap(({ data, rows }) => {
      const decoded = decodePack(data);
      if ('fault' in decoded) throw new Error(decoded.fault);
      expect(decoded.lines).toHaveLength(rows);
      return decoded.lines.map(String);
    });

  it('gives its rows back', () => {
    const line = fc.string({ minLength: 1, unit: 'grapheme' }).map(text => JSON.stringify(text));
    fc.assert(fc.property(fc.array(line), rows => void expect(rowsOf(encodePacks(rows))).toEqual(rows)));
  });

  it('is at most 1 MiB with its key, however many rows there are', () => {
    const noise = (i: number) =>
      JSON.stringify(Array.from({ length: 3000 }, (_, j) => Math.sin(i * 7919 + j)));
    const rows = Array.from({ length: 60 }, (_, i) => noise(i));
    const packs = encodePacks(rows);
    expect(packs.length).toBeGreaterThan(1);
    for (const { data } of packs) expect(data.length).toBeLessThanOrEqual(maxPackBytes);
    expect(rowsOf(packs)).toEqual(rows);
  });

  it('is gzipped if that saves a whole KiB, and only then', () => {
    const isGzipped = (rows: string[]) => encodePacks(rows)[0]!.data[0] === 0x1f;
    expect(isGzipped(['x'.repeat(1000)])).toBe(false);
    expect(isGzipped(['x'.repeat(3000)])).toBe(true);
    const incompressible = gzipSync(
      JSON.stringify(Array.from({ length: 400 }, (_, i) => Math.sin(i))),
    ).toString('base64');
    expect(isGzipped([incompressible.slice(0, 1500)])).toBe(false);
  });

  it('is not gzipped up to the size that is asked for, nor are its halves', () => {
    const isGzipped = (rows: string[]) => encodePacks(rows, 5000).map(({ data }) => data[0] === 0x1f);
    expect(isGzipped(['x'.repeat(4999)])).toEqual([false]);
    expect(isGzipped(['x'.repeat(5000)])).toEqual([true]);
    expect(isGzipped(['x'.repeat(4000), 'y'.repeat(maxPackBytes - 10)])).toEqual([false, true]);
  });

  it('without rows is a heartbeat', () => {
    expect(decodePack(heartbeat())).toEqual({ lines: [], bytes: 0 });
    expect(encodePacks([])).toEqual([]);
  });

  it.each([
    ['empty', Buffer.alloc(0)],
    ['cut', gzipSync('{}\n').subarray(0, 12)],
    ['without a last newline', Buffer.from('{}')],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22, 0x0a])],
    ['inflating without end', gzipSync(Buffer.alloc(maxInflatedBytes + 1, 10))],
  ])('is not read %s', (_, data) => {
    expect(decodePack(data)).toHaveProperty('fault');
  });

  it('is gzip that others read', () => {
    const [pack] = encodePacks(['x'.repeat(5000)]);
    expect(gunzipSync(pack!.data).toString()).toBe(`${'x'.repeat(5000)}\n`);
  });
});
