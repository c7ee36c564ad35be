import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addCounts, isFrozenRun, noCounts, PartCutter, Ranges, rangeReader } from '#domain/deliver/run.ts';

const cells = (n: number) => ({ id: String(n), occurred_at: '2026-11-26T10:00:00.000000000Z' });

describe('a run', () => {
  it('is cut into as few parts as its limits allow, with nothing lost', () => {
    const lines = fc.array(fc.string({ maxLength: 30 }), { maxLength: 40 });
    fc.assert(
      fc.property(
        lines,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 60 }),
        (all, rows, textBytes) => {
          const cutter = new PartCutter({ rows, textBytes });
          for (const [n, line] of all.entries()) cutter.add(`${line}\n`, cells(n));
          cutter.cut();
          expect(Buffer.concat(cutter.parts.map(({ text }) => text)).toString()).toBe(
            all.map(line => `${line}\n`).join(''),
          );
          for (const { events, text } of cutter.parts) {
            expect(events.length).toBeLessThanOrEqual(rows);
            if (events.length > 1) expect(text.length).toBeLessThanOrEqual(textBytes);
          }
          expect(cutter.parts.flatMap(({ events }) => events.map(({ id }) => Number(id)))).toEqual([
            ...all.keys(),
          ]);
        },
      ),
    );
  });

  it('knows which places are left out', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(60)), places => {
        const sorted = [...places].sort((a, b) => a - b);
        const ranges = new Ranges();
        for (const place of sorted) ranges.add(place);
        const isLeftOut = rangeReader(ranges.list);
        expect(Array.from({ length: 62 }, (_, place) => place).filter(isLeftOut)).toEqual(sorted);
      }),
    );
  });

  it('counts what is read, filtered and dropped', () => {
    expect(addCounts(noCounts, { read: 3, filtered: 1, dropped: 2 })).toEqual({
      read: 3,
      filtered: 1,
      dropped: 2,
    });
  });

  it('is not read from a record that lacks something', () => {
    expect(isFrozenRun({ format: 1, run: 1, from: 'x', to: 'y', parts: [] })).toBe(false);
  });
});
