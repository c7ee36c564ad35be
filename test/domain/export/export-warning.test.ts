import { describe, expect, it } from 'vitest';
import { exportWarnings } from '#domain/export/export-warning.ts';
import type { ExportSummary } from '#domain/export/file.ts';
import { maxSheetRows } from '#domain/export/format.ts';
import { header, noon, run } from '#test/support/query-output.ts';

describe('the warnings of an export', () => {
  const summary = { ...run(header).summary, is_empty: false, rows: 1 };
  const codesOf = (
    request: object,
    change: Partial<ExportSummary>,
    from: string | null | undefined = undefined,
  ) =>
    exportWarnings(
      { request, run: from === undefined ? undefined : { filed_from: from } },
      { ...summary, ...change },
    ).map(({ code, count }) => [code, count]);

  it('say that a scope has no events, unless that is usual', () => {
    const empty = { is_empty: true };
    expect(codesOf({ scope_id: 'acmee' }, empty)).toEqual([['no_events', 0]]);
    expect(codesOf({ scope_id: 'acmee' }, empty, null)).toEqual([['no_events', 0]]);
    expect(codesOf({ scope_id: 'acme' }, empty, noon(1))).toEqual([]);
    expect(codesOf({ all_scopes: true }, empty)).toEqual([]);
    expect(codesOf({ scope_id: 'acme' }, {})).toEqual([]);
    const [whole] = exportWarnings(
      { request: { scope_id: 'acmee' }, run: undefined },
      { ...summary, ...empty },
    );
    expect(whole!.message).toContain('"acmee" has no event but');
    const [part] = exportWarnings(
      { request: { scope_id: 'acmee', to: noon(1) }, run: undefined },
      { ...summary, ...empty },
    );
    expect(part!.message).toContain('no event in this window but');
  });

  it('say what a spreadsheet does not show, of its format alone', () => {
    const excel = { scope_id: 'acme', format: 'csv-excel' };
    // The header is a row too.
    expect(codesOf(excel, { rows: maxSheetRows - 1 })).toEqual([]);
    expect(codesOf(excel, { rows: maxSheetRows })).toEqual([['too_many_rows', maxSheetRows]]);
    expect(codesOf({ scope_id: 'acme' }, { rows: maxSheetRows })).toEqual([]);
    expect(codesOf({ scope_id: 'acme' }, { event_warnings: { truncated: 2, wrapped: 1 } })).toEqual([
      ['truncated', 2],
    ]);
    expect(codesOf(excel, { long_cells: 3 })).toEqual([['long_cells', 3]]);
  });
});
