/**
 * What people should know about a file before they open it: in the job, in the manifest, and printed by the
 * CLI.
 */

import type { Instant } from '#domain/time.ts';
import type { EventKey } from './copies.ts';
import type { ExportSummary } from './file.ts';
import { type ExportFormat, maxCellCharacters, maxSheetRows } from './format.ts';

export const exportWarningCodes = {
  no_events: 'The scope has no event but what Annals recorded of itself: its id may be misspelt',
  truncated: 'Events came larger than an event may be, and are truncated',
  long_cells: `Of csv-excel: cells of more than ${maxCellCharacters} characters, which a spreadsheet cuts`,
  too_many_rows: `Of csv-excel: more than ${maxSheetRows} rows, which a spreadsheet leaves out`,
} as const;

/** `count` is the number of events concerned, `first` names the first of them. */
export type ExportWarning = {
  code: keyof typeof exportWarningCodes;
  message: string;
  count: number;
  first: EventKey[];
};

/** The part of a job that says what its file was to hold. */
type Asked = {
  request: {
    scope_id?: string | undefined;
    from?: Instant | undefined;
    to?: Instant | undefined;
    format?: ExportFormat | undefined;
  };
  run: { filed_from: Instant | null } | undefined;
};

export const exportWarnings = (
  { request, run }: Asked,
  { is_empty, rows, event_warnings, long_cells, long_events }: ExportSummary,
): ExportWarning[] => {
  const warnings: ExportWarning[] = [];
  const warn = (code: ExportWarning['code'], count: number, message: string, first: EventKey[] = []): void =>
    void warnings.push({ code, message, count, first });
  // It is usual that nothing has happened since the previous run.
  if (is_empty && request.scope_id !== undefined && (run?.filed_from ?? null) === null) {
    const isWhole = request.from === undefined && request.to === undefined;
    warn(
      'no_events',
      0,
      `The scope "${request.scope_id}" has no event${isWhole ? '' : ' in this window'} ` +
        'but what Annals recorded of itself; check the id of the scope',
    );
  }
  const { truncated = 0 } = event_warnings;
  if (truncated > 0)
    warn(
      'truncated',
      truncated,
      `${truncated} events came larger than 256 KiB: size, SHA-256 and the beginning ` +
        'stand in the place of what was too large',
    );
  if (long_cells > 0)
    warn(
      'long_cells',
      long_cells,
      `${long_cells} events have a cell of more than ${maxCellCharacters} characters, which a spreadsheet cuts; ` +
        'csv and ndjson have them whole',
      long_events,
    );
  if (request.format === 'csv-excel' && rows + 1 > maxSheetRows)
    warn(
      'too_many_rows',
      rows,
      `The file has ${rows} rows and a header, and a spreadsheet shows ${maxSheetRows} rows; export shorter windows`,
    );
  return warnings;
};
