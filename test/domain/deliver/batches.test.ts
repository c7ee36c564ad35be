import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { BatchForm } from '#domain/deliver/batch-form.ts';
import { plainForm } from '#domain/deliver/batch-forms.ts';
import { packPart } from '#domain/deliver/batches.ts';

const form = (change: Partial<BatchForm>): BatchForm => ({
  ...plainForm,
  entry: ({ text }) => ({ text: text.trimEnd(), isRetimed: text.startsWith('old') }),
  body: entries => `[${entries.join(',')}]`,
  ...change,
});
const linesOf = (texts: readonly string[]) => texts.map(text => ({ text: `${text}\n`, event: undefined }));

it('puts every line into one range, in order, within the entries and bytes of a request', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary', maxLength: 12 })),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 8, max: 40 }),
      (texts, maxEntries, maxEntryBytes) => {
        const maxBytes = maxEntryBytes + 10;
        const limits = form({ maxEntries, maxBytes, maxEntryBytes });
        const { entries, ranges, tooLarge } = packPart(linesOf(texts), limits, 0);
        const sent = ranges.flatMap(({ from, to }) =>
          Array.from({ length: to - from }, (_, at) => from + at),
        );
        expect([...sent, ...tooLarge].sort((a, b) => a - b)).toEqual(texts.map((_, at) => at));
        expect(sent).toEqual([...sent].sort((a, b) => a - b));
        for (const { from, to } of ranges) {
          expect(to - from).toBeLessThanOrEqual(maxEntries);
          expect(Buffer.byteLength(limits.body(entries.slice(from, to)))).toBeLessThanOrEqual(maxBytes);
        }
        for (const line of tooLarge) expect(Buffer.byteLength(entries[line]!)).toBeGreaterThan(maxEntryBytes);
      },
    ),
  );
});

it('sends a line alone that is larger than a request, if the receiver has no limit for entries', () => {
  const { ranges } = packPart(linesOf(['a', 'x'.repeat(100), 'b']), form({ maxBytes: 20 }), 0);
  expect(ranges).toEqual([
    { from: 0, to: 1 },
    { from: 1, to: 2 },
    { from: 2, to: 3 },
  ]);
});

it('counts what goes with the time of its delivery, unless it does not go at all', () => {
  const limits = form({ maxEntryBytes: 10 });
  expect(packPart(linesOf(['old', 'new', `old${'x'.repeat(20)}`]), limits, 0)).toMatchObject({
    retimed: 1,
    tooLarge: [2],
  });
});
