import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnNames } from '#domain/compact/filed-line.ts';
import { openGroup } from '#domain/compact/row-group.ts';
import { arrange, readFooter, readGroups, sourceOf, writeSegment } from '#domain/compact/segment-file.ts';
import { cellsWith, secondsAfter, segmentRow } from '#test/support/segment-rows.ts';

const midnight = '2026-11-20T00:00:00.000000000Z';
const rows = 200;
/** Text that does not repeat, so that a column has many pages. */
const long = (n: number): string =>
  Array.from({ length: 20 }, (_, part) => createHash('sha256').update(`${n} ${part}`).digest('hex')).join('');

const { bytes } = writeSegment(
  arrange(
    Array.from({ length: rows + 50 }, (_, n) =>
      segmentRow(
        cellsWith({
          occurred_at: secondsAfter(midnight, n),
          payload: `{"text":"${long(n)}"}`,
          request_id: n % 3 === 0 ? undefined : long(n),
        }),
      ),
    ),
  ),
  rows,
);
const footer = await readFooter(sourceOf(bytes));
const open = (of: Buffer, group: number, columns: readonly string[] = columnNames) =>
  openGroup(sourceOf(of), footer, { group, columns });
const arbitrarySpan = fc
  .tuple(fc.nat(rows - 1), fc.integer({ min: 1, max: rows }))
  .map(([from, length]) => ({ from, to: Math.min(from + length, rows) }));

const rangeOf = (name: string): { start: number; end: number } => {
  const { meta_data } = footer.row_groups[0]!.columns[columnNames.indexOf(name)]!;
  const start = Number(meta_data!.dictionary_page_offset ?? meta_data!.data_page_offset);
  return { start, end: start + Number(meta_data!.total_compressed_size) };
};

describe('a row group', () => {
  it('gives of a span of rows what it gives of all of them', async () => {
    const whole = await readGroups(sourceOf(bytes)).next();
    const all = whole.value!.cells;
    const group = await open(bytes, 0);
    expect(group.rows).toBe(rows);
    await fc.assert(
      fc.asyncProperty(
        arbitrarySpan,
        fc.subarray([...columnNames], { minLength: 1 }),
        async ({ from, to }, names) => {
          expect(await group.read(names, { from, to })).toEqual(
            names.map(name => all[columnNames.indexOf(name)]!.slice(from, to)),
          );
        },
      ),
      { numRuns: 40 },
    );
    const [times] = await (await open(bytes, 1)).read(['occurred_at'], { from: 7, to: 9 });
    expect(times).toEqual([secondsAfter(midnight, rows + 7), secondsAfter(midnight, rows + 8)]);
  });

  it('leaves the pages alone that hold none of the rows', async () => {
    const { start, end } = rangeOf('payload');
    // The last bytes of the first page and of the last one: their checksums, or data before them.
    for (const [damaged, readable, unreadable] of [
      [start + 200, { from: 150, to: rows }, { from: 0, to: 1 }],
      [end - 6, { from: 0, to: 50 }, { from: rows - 1, to: rows }],
    ] as const) {
      const changed = Buffer.from(bytes);
      changed[damaged]! ^= 0xff;
      const group = await open(changed, 0, ['payload']);
      const [payloads] = await group.read(['payload'], readable);
      expect(payloads![3]).toBe(`{"text":"${long(readable.from + 3)}"}`);
      await expect(group.read(['payload'], unreadable)).rejects.toThrow();
      await expect(group.read(['payload'])).rejects.toThrow();
    }
  });

  it.each(['payload', 'request_id'])(
    'never gives other cells of %s if a bit of it was changed',
    async name => {
      const [wanted] = await (await open(bytes, 0, [name])).read([name]);
      const { start, end } = rangeOf(name);
      await fc.assert(
        fc.asyncProperty(
          // The header of the first page and what stands before its values, or anywhere.
          fc.oneof(fc.integer({ min: start, max: start + 60 }), fc.integer({ min: start, max: end - 1 })),
          fc.nat(7),
          arbitrarySpan,
          async (at, bit, span) => {
            const changed = Buffer.from(bytes);
            changed[at]! ^= 1 << bit;
            const group = await open(changed, 0, [name]);
            const read = await group.read([name], span).catch(() => undefined);
            if (read !== undefined) expect(read[0]).toEqual(wanted!.slice(span.from, span.to));
          },
        ),
        { numRuns: 300 },
      );
    },
  );

  it('never gives other cells, whichever bit before the values of its first page was changed', async () => {
    for (const name of ['payload', 'request_id', 'success', 'occurred_at']) {
      const [wanted] = await (await open(bytes, 0, [name])).read([name]);
      const { start } = rangeOf(name);
      for (let at = start; at < start + 60; at++)
        for (let bit = 0; bit < 8; bit++) {
          const changed = Buffer.from(bytes);
          changed[at]! ^= 1 << bit;
          const group = await open(changed, 0, [name]);
          const read = await group.read([name], { from: 0, to: 25 }).catch(() => undefined);
          if (read !== undefined)
            expect(read[0], `${name} ${at - start} ${bit}`).toEqual(wanted!.slice(0, 25));
        }
    }
  });

  it('must exist, and has no cells of a column that the segment lacks', async () => {
    await expect(open(bytes, 2)).rejects.toThrow('has no row group 2');
    const [cells] = await (await open(bytes, 1, ['x'])).read(['x'], { from: 1, to: 3 });
    expect(cells).toEqual([undefined, undefined]);
  });
});
