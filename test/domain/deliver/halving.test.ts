import fc from 'fast-check';
import { expect, it } from 'vitest';
import { afterRefused, afterTaken, beginHalving, isSingle } from '#domain/deliver/halving.ts';

/** Sends to a receiver that refuses every batch with one of these lines. */
const run = (count: number, poison: ReadonlySet<number>) => {
  const taken: number[] = [];
  let sent = 0;
  let halving = beginHalving(count === 0 ? [] : [{ from: 0, to: count }]);
  while (halving.open.length > 0) {
    sent++;
    const { from, to } = halving.open[0]!;
    const lines = Array.from({ length: to - from }, (_, at) => from + at);
    if (lines.some(line => poison.has(line))) halving = afterRefused(halving, 400 + (from % 2));
    else {
      taken.push(...lines);
      halving = afterTaken(halving);
    }
  }
  return { taken, sent, refused: halving.refused };
};

it('gives up exactly the refused lines, sends each other line once and in order, in at most 2n − 1 batches', () => {
  fc.assert(
    fc.property(fc.nat(60), fc.uniqueArray(fc.nat(59)), (count, lines) => {
      const poison = new Set(lines.filter(line => line < count));
      const { taken, sent, refused } = run(count, poison);
      expect(refused.map(({ line }) => line)).toEqual([...poison].sort((a, b) => a - b));
      expect(taken).toEqual(Array.from({ length: count }, (_, at) => at).filter(at => !poison.has(at)));
      expect(sent).toBeLessThanOrEqual(Math.max(0, 2 * count - 1));
    }),
  );
});

it('finds one of a thousand in about twenty batches, and keeps the status of its refusal', () => {
  const { sent, refused } = run(1000, new Set([613]));
  expect(sent).toBeLessThanOrEqual(21);
  expect(refused).toEqual([{ line: 613, status: 401 }]);
});

it('knows a range of one line', () => {
  expect(isSingle({ from: 3, to: 4 })).toBe(true);
  expect(isSingle({ from: 3, to: 5 })).toBe(false);
});
