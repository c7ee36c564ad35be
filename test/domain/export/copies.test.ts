import { describe, expect, it } from 'vitest';
import { exportedColumns } from '#domain/archive/columns.ts';
import { ExportCopies, lineOf, maxListedEvents, UnreadableOutput } from '#domain/export/copies.ts';
import { printCsvLine } from '#domain/export/csv-line.ts';

type Row = { at: number; id: number; filed: number; content: string; isWanted: boolean; scope: string };
const timeOf = (n: number) => `2026-11-23T12:00:00.${String(n).padStart(9, '0')}Z`;
const idOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const line = (change: Partial<Row> = {}, warnings: string | null = null) => {
  const row = { at: 1, id: 1, filed: 1, content: 'a', isWanted: true, scope: 'acme', ...change };
  const cells = [timeOf(row.at), idOf(row.id), timeOf(row.filed), row.content.repeat(64)];
  const columns = exportedColumns.map(({ name }) => (name === 'action' ? 'context.create' : row.content));
  const text = printCsvLine([...cells, row.isWanted ? '1' : '0', row.scope, warnings, ...columns]);
  const bytes = Buffer.from(text.slice(0, -1));
  return lineOf(bytes, 0, bytes.length, true);
};
const take = (
  lines: ReturnType<typeof line>[],
  filedFrom?: string,
  isMatch?: ConstructorParameters<typeof ExportCopies>[1],
) => {
  const copies = new ExportCopies(filedFrom, isMatch);
  return { kept: lines.map(one => copies.keeps(one)), ...copies };
};

describe('the copies of an event', () => {
  it('are in the file once, and counted', () => {
    const { kept, counts } = take([line(), line({ filed: 2 }), line({ at: 2, id: 2 })]);
    expect(kept).toEqual([true, false, true]);
    expect(counts).toMatchObject({ rows: 2, duplicates: 1, conflicts: 0 });
  });

  it('that are echoes, filed twice as one, are counted nowhere', () => {
    expect(take([line(), line()]).counts).toMatchObject({ rows: 1, duplicates: 0 });
  });

  it('that say something else are one conflict, with what both say', () => {
    const lines = [line(), line({ filed: 2, content: 'b' }), line({ filed: 3, content: 'c' })];
    const { counts, lists } = take(lines);
    expect(counts).toMatchObject({ rows: 1, duplicates: 2, conflicts: 1 });
    expect(lists.conflicting_events).toMatchObject([
      { id: idOf(1), copies: [{ filed_at: timeOf(1) }, { filed_at: timeOf(2) }] },
    ]);
  });

  it('of an event of an earlier run are dropped with it', () => {
    const { kept, counts } = take([line({ filed: 1 }), line({ filed: 9 })], timeOf(5));
    expect(kept).toEqual([false, false]);
    expect(counts).toMatchObject({ rows: 0, duplicates: 0, in_earlier_runs: 2 });
  });

  it('of an event that the filter leaves out are dropped with it', () => {
    const { counts } = take([line({ isWanted: false }), line({ filed: 2 })]);
    expect(counts).toMatchObject({ rows: 0, filtered: 2 });
  });

  it('of an event whose first copy does not match by its cells are dropped with it, whatever the others say', () => {
    const asked: unknown[] = [];
    const lines = [
      line({ content: 'b' }),
      line({ filed: 2, content: 'a' }),
      line({ at: 2, id: 2, content: 'a' }),
      line({ at: 2, id: 2, filed: 2, content: 'b' }),
      line({ at: 3, id: 3, content: 'a', isWanted: false }),
    ];
    const { kept, counts } = take(lines, undefined, cells => {
      asked.push(cells.id);
      return cells.payload === 'a';
    });
    expect(kept).toEqual([false, false, true, false, false]);
    expect(counts).toMatchObject({ rows: 1, duplicates: 1, conflicts: 1, filtered: 3 });
    expect(asked).toHaveLength(2);
  });
});

describe('an id', () => {
  it('that another event of the scope has at another time is named; one of another scope is not', () => {
    const { counts, lists } = take([line(), line({ scope: 'globex' }), line({ at: 2 })]);
    expect(counts).toMatchObject({ rows: 3, reused_ids: 1 });
    expect(lists.reused_events).toEqual([{ id: idOf(1), occurred_at: timeOf(2) }]);
  });

  it('is listed a limited number of times, and counted always', () => {
    const lines = Array.from({ length: maxListedEvents + 2 }, (_, at) => line({ at }));
    const { counts, lists } = take(lines);
    expect(counts.reused_ids).toBe(maxListedEvents + 1);
    expect(lists.reused_events).toHaveLength(maxListedEvents);
  });
});

describe('the lines of an output', () => {
  it('say how many events have each warning', () => {
    const { lists } = take([line({}, 'wrapped,no_scope'), line({ at: 2, id: 2 }, 'wrapped')]);
    expect(lists.event_warnings).toEqual({ wrapped: 2, no_scope: 1 });
  });

  it('out of order are refused: copies might not be next to each other', () => {
    expect(() => take([line({ at: 2 }), line({ at: 1 })])).toThrow(UnreadableOutput);
  });

  it('with other columns are refused', () => {
    const bytes = Buffer.from('"a","b"');
    expect(() => lineOf(bytes, 0, bytes.length, true)).toThrow(UnreadableOutput);
  });
});
