/**
 * LibreOffice opens `csv-excel`, divided at commas and at semicolons: `npm run spreadsheet`, which needs
 * its `soffice` (of Debian's libreoffice-calc). What it read is told by its own flat XML, in which a cell
 * that it runs has a formula.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { exportedColumns } from '#domain/archive/columns.ts';
import { printCsvLine } from '#domain/export/csv-line.ts';
import { ExportFile } from '#domain/export/file.ts';
import { outputHeader } from '#domain/export/statement.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const starts = [
  '=',
  '+',
  '-',
  '@',
  '|',
  '%',
  '\t=',
  '\r=',
  '\n=',
  ' =',
  '\u00a0=',
  '\u3000=',
  '＝',
  '＋',
  '－',
  '＠',
];
const names = [
  ...starts.map(start => `${start}1+1`),
  ...starts.map(start => `a;${start}1+1`),
  ...starts.map(start => `a";"${start}1+1;"`),
  'a;',
  'a"',
  'a","=1+1',
  '\u2028=1+1',
  '=HYPERLINK("http://x","y")',
  "=cmd|' /C calc'!A0",
  "'=1+1",
  'é🦩 "quoted", and more',
  '\u202egpj',
];

const instant = (n: number) => `2026-11-23T12:00:00.${String(n).padStart(9, '0')}Z`;
const row = (name: string, n: number): string => {
  const party = JSON.stringify({ id: name, type: name, name });
  const cells: Record<string, string> = {
    action: 'context.create',
    actor: party,
    target: party,
    scope: party,
    payload: JSON.stringify({ [name]: name }),
    metadata: JSON.stringify({ [name]: name }),
    request: JSON.stringify({ id: name, ip_address: name, client_trace_id: name }),
    occurred_at: instant(n),
    id: '00000000-0000-4000-8000-000000000001',
    version: '1',
    success: 'true',
  };
  const copies = printCsvLine([
    instant(n),
    cells.id!,
    instant(n),
    'a'.repeat(64),
    '1',
    'acme',
    null,
  ]).trimEnd();
  return `${copies},${printCsvLine(exportedColumns.map(column => cells[column.name]!))}`;
};

const open = async (bytes: Buffer, separator: string) => {
  const folder = await temporaryDirectory();
  const file = join(folder, 'log.csv');
  writeFileSync(file, bytes);
  const profile = `-env:UserInstallation=file://${join(folder, 'profile')}`;
  // Separator, quote, UTF-8, from the first line on.
  const filter = `--infilter=CSV:${separator.charCodeAt(0)},34,76,1`;
  execFileSync('soffice', [profile, '--headless', filter, '--convert-to', 'fods', '--outdir', folder, file], {
    stdio: 'ignore',
    timeout: 120_000,
  });
  const xml = readFileSync(join(folder, 'log.fods'), 'utf8');
  const formulas = [...xml.matchAll(/table:formula="([^"]*)"/g)].map(([, formula]) => formula);
  const rows = [...xml.matchAll(/<table:table-row[\s\S]*?<\/table:table-row>/g)].map(([text]) => text);
  return { formulas, rows };
};

const file = (): Buffer => {
  const made = new ExportFile(undefined, 'csv-excel');
  const bytes = made.push(Buffer.from(printCsvLine(outputHeader) + names.map(row).join('')));
  made.end();
  return bytes;
};

describe('LibreOffice', () => {
  it.each([',', ';'])(
    'opens csv-excel divided at "%s" without a formula, and with every row',
    async separator => {
      const { formulas, rows } = await open(file(), separator);
      expect(formulas).toEqual([]);
      expect(rows).toHaveLength(1 + names.length);
    },
  );

  it('reads the names as they were written', async () => {
    const bytes = file();
    const { rows } = await open(bytes, ',');
    const written = parse(bytes, { bom: true }) as string[][];
    const textOf = (xml: string): string =>
      xml
        .replaceAll(/<text:s(?: text:c="(\d+)")?\/>/g, (_, count?: string) => ' '.repeat(Number(count ?? 1)))
        .replaceAll(/<[^>]+>|^\s+|\n\s*$/g, '')
        .replaceAll('&quot;', '"')
        .replaceAll('&apos;', "'")
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&amp;', '&');
    for (const [at, line] of written.entries()) {
      const cells = [
        ...rows[at]!.matchAll(/<table:table-cell[^>]*?(?:\/>|>([\s\S]*?)<\/table:table-cell>)/g),
      ];
      const read = cells.map(([, xml = '']) => textOf(xml));
      expect(read[4], `row ${at}`).toBe(line[4]);
    }
  });

  it('would run a formula that is not marked', async () => {
    expect((await open(Buffer.from('"a"\n"=1+1"\n'), ',')).formulas).toEqual(['of:=1+1']);
  });
});
