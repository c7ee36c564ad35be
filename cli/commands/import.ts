/**
 * `annals import`: brings the past events of another system, marked as imported. Importing a file again changes
 * nothing: an event has the id of its record, or one that is made of the record's content.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { command, connected, skipOption } from '#cli/command.ts';
import { type ConnectionOptions, connect } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import {
  type HistoryFile,
  type HistoryFormat,
  historyFormats,
  openHistory,
} from '#cli/import/history-file.ts';
import { readMapping } from '#cli/import/mapping.ts';
import { tryOut } from '#cli/import/try-out.ts';
import { type Manner, sendFile } from '#cli/send/sending.ts';
import { isName } from '#domain/event/name.ts';
import { type Instant, instantOfMilliseconds, parseInstantOrDate } from '#domain/time.ts';

type ImportOptions = ConnectionOptions & {
  asOf: Instant;
  format?: HistoryFormat;
  mapping?: string;
  scope?: string;
  scopeType: string;
  rejected?: string;
  skip: number;
  dryRun?: boolean;
};

export const addImport = (program: Command): void => {
  connected(
    command(
      program,
      'import',
      "Import past events of another system: CircleCI's CSV, GitHub's or CloudTrail's JSON, or any CSV with a mapping.",
      'import audit-log.csv --as-of 2026-11-01 --dry-run',
      'import audit-log.csv --as-of 2026-11-01 --rejected rejected.ndjson',
    ),
  )
    .argument('<file>', 'the file, also compressed with gzip, or - for standard input')
    .requiredOption(
      '--as-of <time>',
      'the time up to which the file has the events; later ones are refused',
      past,
    )
    .addOption(
      new Option('--format <format>', 'the format of the file (default: as the file begins)').choices(
        historyFormats,
      ),
    )
    .option('--mapping <file>', 'how the rows of a CSV become events: see docs/import.md')
    .option('--scope <id>', 'the scope to file every event in, instead of its own', name)
    .option('--scope-type <type>', 'the type of that scope', name, 'account')
    .option('--rejected <file>', 'write refused records to this file, each with its line and the reason')
    .addOption(skipOption())
    .option('--dry-run', 'read the file and count, without sending anything')
    .action(importHistory);
};

const past = (text: string): Instant => {
  const instant = parseInstantOrDate(text);
  if (instant === undefined)
    throw new InvalidArgumentError('Expected a time such as 2026-11-01T00:00:00Z, or a date');
  if (instant > instantOfMilliseconds(Date.now()))
    throw new InvalidArgumentError('Expected a time in the past: events of the future are never imported');
  return instant;
};

const name = (text: string): string => {
  if (!isName(text))
    throw new InvalidArgumentError('Expected 1 to 256 characters without control characters');
  return text;
};

const importHistory = async (path: string, options: ImportOptions): Promise<void> => {
  const { format, asOf, scope, scopeType } = options;
  if (format === 'csv' && options.mapping === undefined)
    throw new Failure(
      2,
      '--format csv needs --mapping, which says how its rows become events: see docs/import.md',
    );
  const mapping = options.mapping === undefined ? undefined : await readMapping(options.mapping);
  const open = (): Promise<HistoryFile> =>
    openHistory(path, {
      format,
      mapping,
      scope: scope === undefined ? undefined : { id: scope, type: scopeType },
    });
  if (options.dryRun) return tryOut(await open(), options);
  const connection = await connect(options, 'operator');
  const file = await open();
  const query = new URLSearchParams({ source: file.source, as_of: asOf });
  const manner: Manner = {
    door: { connection, path: `/v1/imports?${query}` },
    prepare: bytes => bytes,
    printRefused: (original, { line, code, path, message }) =>
      Buffer.from(JSON.stringify({ line, code, path, message, record: original.toString() })),
    advise: (_, kept) =>
      `${kept ? `${kept} has the reasons; ` : ''}import the corrected file again: an event is imported once`,
  };
  await sendFile(file, manner, options);
};
