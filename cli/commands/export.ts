/**
 * `annals export`: from the question to a checked file; what it would take; and looking after one that was
 * asked for.
 */
import { isatty } from 'node:tty';
import { type Command, Option } from 'commander';
import { command, connected, formatOption, outOption, reasonOption } from '#cli/command.ts';
import { type Connection, type ConnectionOptions, connect } from '#cli/connection.ts';
import { openDestination } from '#cli/export/destination.ts';
import {
  discardExportFiles,
  openExportFiles,
  requireHonestName,
  writeExportFiles,
} from '#cli/export/export-files.ts';
import {
  type ExportQuestion,
  fetchJob,
  fetchManifest,
  type Job,
  linkOf,
  rerunExport,
  runExport,
} from '#cli/export/follow-export.ts';
import { Failure } from '#cli/failure.ts';
import { print, printJson, say } from '#cli/output.ts';
import { type Progress, withProgress } from '#cli/progress.ts';
import { readJson } from '#cli/send/refusal.ts';
import { renderRecord, renderTable } from '#cli/table.ts';
import { paint, standardError, standardOutput, visible, visibleJson } from '#cli/terminal.ts';

type ExportOptions = ConnectionOptions & {
  scope?: string;
  allScopes?: true;
  from?: string;
  to?: string;
  requestedBy?: string;
  reason?: string;
  action?: string;
  actor?: string;
  target?: string;
  success?: 'true' | 'false';
  format?: string;
  gzip?: boolean;
  dryRun?: boolean;
  out?: string;
};
type FileOptions = ConnectionOptions & { out?: string };

export const addExport = (program: Command): void => {
  const exportCommand = connected(
    command(
      program,
      'export',
      'Export a log as CSV, or another format: ask, wait, download, check.',
      'export --scope acme --from 2026-11-01 --to 2026-11-22 --requested-by u-17 --reason "ticket 8841" --out acme.csv',
    ),
  )
    .option('--scope <id>', 'the scope whose log it is')
    .option('--all-scopes', 'the complete log instead, of every scope; for the operator, with --reason')
    .option('--from <time>', 'events that occurred at or after this time or date')
    .option('--to <time>', 'events that occurred before this time or date')
    .option('--requested-by <user>', 'the admin of the scope who asked for the log')
    .option(...reasonOption)
    .option('--action <action>', 'only this action, or all that begin so, as "context.*"')
    .option('--actor <id>', 'only what this actor did')
    .option('--target <id>', 'only what was done to this target')
    .addOption(
      new Option('--success <bool>', 'only what succeeded, or only what did not').choices(['true', 'false']),
    )
    .addOption(formatOption())
    .option('--gzip', 'the file gzipped; its name ends in .gz')
    .option('--dry-run', 'only say what it would read and cost')
    .option(
      '--out <file>',
      'where the file goes, - for standard output; else audit-log-ID.csv in this folder',
    )
    .action(exportLog);

  const ofExport = (name: string, description: string, example: string): Command =>
    connected(command(exportCommand, name, description, `export ${example}`)).argument(
      '<id>',
      'the export, by its id',
    );
  ofExport('show', 'Show how an export stands.', 'show 01a2…').action(showExport);
  ofExport('download', 'Download the file of an export again, and check it.', 'download 01a2… --out acme.csv')
    .option(...outOption)
    .action(downloadAgain);
  ofExport(
    'manifest',
    'Print what was asked, what was read and what may be missing, as JSON.',
    'manifest 01a2… --out acme.manifest.json',
  )
    .option(...outOption)
    .action(printManifest);
  ofExport(
    'link',
    'Print a link to the file of an export, which opens for whoever has it, for five minutes at most.',
    'link 01a2…',
  ).action(printLink);
  ofExport('retry', 'Ask again for an export that failed, wait, download, check.', 'retry 01a2…')
    .option(...outOption)
    .action(retryExport);
};

const exportLog = async (options: ExportOptions): Promise<void> => {
  const question = questionOf(options);
  const role = question.all_scopes ? 'operator' : 'support';
  if (options.dryRun) return preview(await connect(options, role), question, options.json);
  requireHonestName(options.out, options.gzip === true);
  const connection = await connect(options, role);
  return withFiles(options, bar => runExport(connection, question, bar), connection);
};

const questionOf = (options: ExportOptions): ExportQuestion => {
  const { scope, allScopes, from, to, requestedBy, reason, format, gzip } = options;
  if (scope !== undefined && allScopes)
    throw new Failure(2, 'An export is of one scope or of all: leave out --scope or --all-scopes');
  if (scope === undefined && !allScopes)
    throw new Failure(
      2,
      'Give the scope whose log it is with --scope, or --all-scopes with --reason for the complete log',
    );
  if (allScopes && reason === undefined)
    throw new Failure(2, '--all-scopes exports the log of every scope: say why with --reason');
  return {
    scope_id: scope,
    all_scopes: allScopes,
    from,
    to,
    requested_by: requestedBy,
    reason,
    filter: filterOf(options),
    format,
    compression: gzip ? 'gzip' : undefined,
  };
};

/** What of the log is asked for; undefined is all of it. */
const filterOf = ({ action, actor, target, success }: ExportOptions): ExportQuestion['filter'] => {
  const filter = { action, actor, target, success: success === undefined ? undefined : success === 'true' };
  return Object.values(filter).every(value => value === undefined) ? undefined : filter;
};

type Estimate = { slices: number; objects: number; bytes: number; estimated_cost_usd: number };

const preview = async (connection: Connection, question: ExportQuestion, isJson: boolean): Promise<void> => {
  const estimate = await readJson<Estimate>(
    await connection.fetch('/v1/exports', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...question, dry_run: true }),
    }),
  );
  if (isJson) return printJson(estimate);
  const { slices, objects, bytes, estimated_cost_usd } = estimate;
  const row = {
    queries: slices,
    objects,
    'bytes to read': bytes,
    'cost on Athena': `$${estimated_cost_usd.toFixed(5)}`,
  };
  return print(`${renderTable([row])}\nNothing was asked for; leave --dry-run out to export`);
};

/** Looks at where the files go, has the export made, and fetches them. */
const withFiles = async (
  options: FileOptions,
  makeJob: (bar: Progress) => Promise<Job>,
  connection: Connection,
): Promise<void> => {
  const files = await openExportFiles(options.out);
  try {
    // Both would write over each other.
    const isShown = files.file.kind === 'standard output' && isatty(standardOutput);
    const { job, names } = await withProgress(options.json || isShown, async bar => {
      const job = await makeJob(bar);
      return { job, names: await writeExportFiles(connection, job, files, bar) };
    });
    if (options.json)
      // What goes to standard output is the CSV then.
      await printJson(
        {
          ...job,
          out: options.out === '-' ? '-' : names.file,
          ...(names.manifest ? { manifest: names.manifest } : {}),
        },
        files.file.kind === 'standard output' ? standardError : standardOutput,
      );
    else say(summary(job, names));
  } finally {
    await discardExportFiles(files);
  }
};

const showExport = async (id: string, options: ConnectionOptions): Promise<void> => {
  const job = await fetchJob(await connect(options, 'support'), id);
  if (options.json) return printJson(job);
  const record = Object.entries(job)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [
      name.replaceAll('_', ' '),
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]);
  return print(renderRecord(Object.fromEntries(record)));
};

const downloadAgain = async (id: string, options: FileOptions): Promise<void> => {
  const connection = await connect(options, 'support');
  const job = await fetchJob(connection, id);
  if (job.status !== 'succeeded')
    throw new Failure(1, `The export is ${job.status}; its file is there once it has succeeded`);
  requireHonestName(options.out, job.compression === 'gzip');
  return withFiles(options, async () => job, connection);
};

const retryExport = async (id: string, options: FileOptions): Promise<void> => {
  const connection = await connect(options, 'support');
  if (options.out !== undefined)
    requireHonestName(options.out, (await fetchJob(connection, id)).compression === 'gzip');
  return withFiles(options, bar => rerunExport(connection, id, bar), connection);
};

const printManifest = async (id: string, options: FileOptions): Promise<void> => {
  const { text } = await fetchManifest(await connect(options, 'support'), id);
  if (options.out === undefined || options.out === '-') return print(visibleJson(text.trimEnd()));
  const destination = await openDestination(options.out);
  try {
    await destination.write(Buffer.from(text));
    await destination.finish();
  } finally {
    await destination.discard();
  }
};

const printLink = async (id: string, options: ConnectionOptions): Promise<void> => {
  const link = await linkOf(await connect(options, 'support'), id);
  return options.json ? printJson(link) : print(visible(link.url));
};

const summary = (job: Job, names: { file: string; manifest: string | undefined }): string => {
  const lines = [
    renderTable([
      {
        rows: job.rows!,
        'duplicates dropped': job.duplicates!,
        conflicts: job.conflicts!,
        'reused ids': job.reused_ids!,
        gaps: job.gaps!,
        bytes: job.bytes!,
      },
    ]),
    `complete to ${visible(String(job.complete_to))}`,
  ];
  const done = (text: string): string => paint('green', text, standardError);
  if (job.gaps! > 0)
    lines.push(
      paint(
        'yellow',
        `${job.gaps} gaps: something that could not be filed may be missing; the manifest lists them`,
        standardError,
      ),
    );
  for (const { message } of job.warnings ?? []) lines.push(paint('yellow', visible(message), standardError));
  lines.push(`${done('file')}      ${visible(names.file)}`);
  lines.push(
    names.manifest
      ? `${done('manifest')}  ${visible(names.manifest)}`
      : `${done('manifest')}  annals export manifest ${visible(job.id)}`,
  );
  return lines.join('\n');
};
