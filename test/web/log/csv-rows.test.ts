import { expect, it } from 'vitest';
import { exportedColumns } from '#domain/archive/columns.ts';
import { type Cell, printCsvLine } from '#domain/export/csv-line.ts';
import { lineWriters } from '#domain/export/format.ts';
import { ndjsonLine } from '#domain/export/ndjson-line.ts';
import { csvOfRows } from '#web/log/csv-rows.ts';
import type { LogEvent } from '#web/log/rows.ts';

const names = exportedColumns.map(({ name }) => name);

const cells: Record<string, Cell> = {
  action: '=cmd()',
  actor: '{"id":"u-1","type":"user","name":"A, \\"B\\"; C"}',
  target: '{"id":"t-1","id":"t-2","type":"context"}',
  payload: '{"n":12345678901234567890.10}',
  occurred_at: '2026-11-26T08:00:00.123456789Z',
  metadata: '{}',
  id: '0190a7c2-0000-7000-8000-000000000000',
  version: '1',
  scope: null,
  success: 'true',
  request: '{"id":"r","ip_address":"203.0.113.9"}',
};

it('copied rows are the lines of an export for spreadsheets', () => {
  const line = names.map(name => cells[name]!);
  const raw = ndjsonLine(names, line).trimEnd();
  const { header, write } = lineWriters['csv-excel']!;
  const expected = `${header.toString().replace('\ufeff', '')}${write(printCsvLine(line).trimEnd()).text}`;
  expect(csvOfRows([{ key: 'k', event: {} as LogEvent, raw }])).toBe(expected);
  expect(expected).toContain(`"'=cmd()"`);
});
