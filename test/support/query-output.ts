/** The output of an export's query, line by line, and the file made from it. */
import { exportedColumns } from '#domain/archive/columns.ts';
import { ExportFile, type ExportSummary } from '#domain/export/file.ts';
import { outputHeader } from '#domain/export/statement.ts';

export const noon = (n: number) => `2026-11-23T12:00:00.${String(n).padStart(9, '0')}Z`;

export const uuid = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

export type Copy = {
  occurredAt: string;
  id: string;
  filedAt: string;
  sha256: string;
  scope: string | undefined;
  cell: string;
  isKept?: boolean;
  warnings?: string;
};

export const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;

export const header = `${outputHeader.map(cell).join(',')}\n`;

export const csvHeader = `${exportedColumns.map(({ name }) => cell(name)).join(',')}\n`;

export const row = ({ cell: text, occurredAt, id }: Copy) =>
  [cell('a.b'), cell(text), cell(occurredAt), cell(id), '', cell('true')].join(',');

export const earlierLine = (copy: Copy) => {
  const isKept = copy.isKept === false ? '0' : '1';
  const key = [copy.occurredAt, copy.id, copy.filedAt, copy.sha256, isKept].map(cell).join(',');
  return `${key},${copy.scope === undefined ? '' : cell(copy.scope)},${row(copy)}\n`;
};

export const line = (copy: Copy) =>
  earlierLine(copy).replace(
    `,${row(copy)}`,
    () => `,${copy.warnings === undefined ? '' : cell(copy.warnings)},${row(copy)}`,
  );

export const copy = (change: Partial<Copy> = {}): Copy => ({
  occurredAt: noon(1),
  id: uuid(1),
  filedAt: noon(100),
  sha256: 'a'.repeat(64),
  scope: 'acme',
  cell: 'x',
  ...change,
});

export const run = (
  text: string,
  cut = (bytes: Buffer): Buffer[] => [bytes],
): { csv: string; summary: ExportSummary } => {
  const file = new ExportFile();
  const csv = cut(Buffer.from(text)).map(chunk => file.push(chunk).toString());
  return { csv: csv.join(''), summary: file.end() };
};
