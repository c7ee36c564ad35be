/** `annals export`: requests an export, waits for it and downloads it; shows, links and retries exports. */
import { isatty } from 'node:tty';
import type { Command } from 'commander';
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
  type ExportBody,
  fetchJob,
  fetchManifest,
  type Job,
  linkOf,
  rerunExport,
  runExport,
} from '#cli/export/follow-export.ts';
import { Failure } from '#cli/failure.ts';
import { addFilterOptions, exportFilterOf, type FilterOptions } from '#cli/filter-options.ts';
import { printJson, printText, say } from '#cli/output.ts';
import { print } from '#cli/print.ts';
import { type Progress, withProgress } from '#cli/progress.ts';
import { count, renderTable } from '#cli/table.ts';
import { paint, standardError, standardOutput, visible, visibleJson } from '#cli/terminal.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';

type ExportOptions = ConnectionOptions &
  FilterOptions & {
    scope?: string;
    allScopes?: true;
    from?: string;
    to?: string;
    completeTo?: string;
    requestedBy?: string;
    reason?: string;
    format?: string;
    gzip?: boolean;
    dryRun?: boolean;
    out?: string;
  };
type FileOptions = ConnectionOptions & { out?: string };

export const addExport = (program: Command): void => {
  const exportCommand = addFilterOptions(
    connected(
      command(
        program,
        'export',
        'Export a log as CSV or in another format: request it, wait, download it and check the file.',
        'export --scope acme --from 2026-11-01 --to 2026-11-22\n' +
          '--requested-by u-17 --reason "ticket 8841" --out acme.csv',
      ),
    )
      .option('--scope <id>', 'the scope whose log to export')
      .option('--all-scopes', 'the complete log, of every scope; operators only, with --reason')
      .option('--from <time>', 'only events that occurred at or after this time or date')
      .option('--to <time>', 'only events that occurred before this time or date')
      .option('--requested-by <user>', 'the admin of the scope who requested the log')
      .option(...reasonOption)
      .option('--complete-to <time>', 'only what was filed before this: the complete_to of an answer'),
  )
    .addOption(formatOption())
    .option('--gzip', 'compress the file with gzip; its name ends in .gz')
    .option('--dry-run', 'show what the export would read and cost, without requesting it')
    .option(
      '--out <file>',
      'the file to write, or - for standard output (default: audit-log-ID.csv in this folder)',
    )
    .action(exportLog);

  const ofExport = (name: string, description: string, example: string): Command =>
    connected(command(exportCommand, name, description, `export ${name} ${example}`)).argument(
      '<id>',
      'the id of the export',
    );
  ofExport('show', 'Show an export.', '01a2…').action(showExport);
  ofExport('download', 'Download the file of an export again, and check it.', '01a2… --out acme.csv')
    .option(...outOption)
    .action(downloadAgain);
  ofExport(
    'manifest',
    'Print the manifest of an export as JSON: the request, the counts, the gaps and the hash.',
    '01a2… --out acme.manifest.json',
  )
    .option(...outOption)
    .action(printManifest);
  ofExport(
    'link',
    'Print a download link to the file of an export. Anyone with the link can open it for five minutes.',
    '01a2…',
  ).action(printLink);
  ofExport('retry', 'Retry a failed export: wait for it, download it and check the file.', '01a2…')
    .option(...outOption)
    .action(retryExport);
};

const exportLog = async (options: ExportOptions): Promise<void> => {
  const request = requestOf(options);
  const role = request.all_scopes ? 'operator' : 'support';
  if (options.dryRun) return preview(await connect(options, role), request, options.json);
  requireHonestName(options.out, options.gzip === true);
  const connection = await connect(options, role);
  return withFiles(options, bar => runExport(connection, request, bar), connection);
};

const requestOf = (options: ExportOptions): ExportBody => {
  const { scope, allScopes, from, to, completeTo, requestedBy, reason, format, gzip } = options;
  if (scope !== undefined && allScopes) throw new Failure(2, 'Use --scope or --all-scopes, not both');
  if (scope === undefined && !allScopes)
    throw new Failure(
      2,
      'Name the scope with --scope, or use --all-scopes with --reason for the complete log',
    );
  if (allScopes && reason === undefined)
    throw new Failure(2, '--all-scopes exports the log of every scope; give a reason with --reason');
  return {
    scope_id: scope,
    all_scopes: allScopes,
    from,
    to,
    complete_to: completeTo,
    requested_by: requestedBy,
    reason,
    filter: exportFilterOf(options),
    format,
    compression: gzip ? 'gzip' : undefined,
  };
};

const preview = async (connection: Connection, request: ExportBody, json: boolean): Promise<void> => {
  const estimate = await connection.json<Api<'Estimate'>>('/v1/exports', {
    method: 'POST',
    body: { ...request, dry_run: true },
  });
  const { slices, objects, bytes, estimated_cost_usd } = estimate;
  const row = {
    queries: slices,
    objects,
    'bytes to read': bytes,
    'cost on Athena': `$${estimated_cost_usd.toFixed(5)}`,
  };
  await print({ json }, estimate, { table: [row], none: '' });
  if (!json) await printText('Nothing was requested; leave out --dry-run to export');
};

/** Opens the files, has the export made, and downloads it. */
const withFiles = async (
  options: FileOptions,
  makeJob: (bar: Progress) => Promise<Job>,
  connection: Connection,
): Promise<void> => {
  const files = await openExportFiles(options.out);
  try {
    // Progress and file would overwrite each other on the terminal.
    const isShown = files.file.kind === 'standard output' && isatty(standardOutput);
    const { job, names } = await withProgress(options.json || isShown, async bar => {
      const job = await makeJob(bar);
      return { job, names: await writeExportFiles(connection, job, files, bar) };
    });
    if (options.json)
      // Standard output may be the file.
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
  const members = Object.entries(job).filter(([, value]) => value !== null);
  const record = members.map(([name, value]) => [
    name.replaceAll('_', ' '),
    typeof value === 'object' ? JSON.stringify(value) : String(value),
  ]);
  return print(options, job, { record: Object.fromEntries(record) });
};

const downloadAgain = async (id: string, options: FileOptions): Promise<void> => {
  const connection = await connect(options, 'support');
  const job = await fetchJob(connection, id);
  if (job.status !== 'succeeded')
    throw new Failure(1, `The export is ${job.status}; it can be downloaded once it has succeeded`);
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
  if (options.out === undefined || options.out === '-') return printText(visibleJson(text.trimEnd()));
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
  return print(options, link, link.url);
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
        `${count(job.gaps!, 'gap')}: records that could not be filed may be missing; see the manifest`,
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
