import { describe, expect, it } from 'vitest';
import { exportedColumns } from '#domain/archive/columns.ts';
import { exportFormats } from '#domain/export/format.ts';
import { printColumns } from '#tools/reference/columns.ts';

describe('the reference of files', () => {
  it('has each format, and each column of the CSV in its order', () => {
    const text = printColumns();
    for (const format of exportFormats) expect(text).toContain(`\n## ${format}\n`);
    const rows = [...text.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(rows).toEqual(exportedColumns.map(({ name }) => name));
  });
});
