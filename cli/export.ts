/** `annals export`: from the question to a checked file; what it would take; and looking after one that was asked for. */
import { styleText } from 'node:util';
import { type Connection, type ConnectionOptions, connect, refusalOf } from './connection.ts';
import { Failure } from './failure.ts';
import { type Progress, withProgress } from './progress.ts';
import {
  downloadExport,
  type ExportQuestion,
  fetchJob,
  followExport,
  type Job,
  linkOf,
  runExport,
} from './run-export.ts';
import { renderTable } from './table.ts';

export type ExportOptions = ConnectionOptions & {
  scope?: string;
  from?: string;
  to?: string;
  requestedBy?: string;
  reason?: string;
  action?: string;
  actor?: string;
  target?: string;
  success?: 'true' | 'false';
  gzip?: boolean;
  dryRun?: boolean;
  out?: string;
};

export const exportLog = async (options: ExportOptions): Promise<void> => {
  const { scope, from, to, requestedBy, reason, gzip } = options;
  // The complete log is the operator's.
  const connection = await connect(options, scope === undefined ? 'operator' : 'support');
  const question: ExportQuestion = {
    scope_id: scope,
    from,
    to,
    requested_by: requestedBy,
    reason,
    filter: filterOf(options),
    compression: gzip ? 'gzip' : undefined,
  };
  if (options.dryRun) return preview(connection, question, options.json);
  return withProgress(options.json, async bar => {
    const job = await runExport(connection, question, bar);
    await fetchFile(connection, job, options, bar);
  });
};

/** What of the log is asked for; undefined is all of it. */
const filterOf = ({ action, actor, target, success }: ExportOptions): ExportQuestion['filter'] => {
  const filter = { action, actor, target, success: success === undefined ? undefined : success === 'true' };
  return Object.values(filter).every(value => value === undefined) ? undefined : filter;
};

type Estimate = { slices: number; objects: number; bytes: number; estimated_cost_usd: number };

const preview = async (connection: Connection, question: ExportQuestion, isJson: boolean): Promise<void> => {
  const response = await connection.fetch('/v1/exports', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...question, dry_run: true }),
  });
  if (!response.ok) throw await refusalOf(response);
  const estimate = (await response.json()) as Estimate;
  if (isJson) {
    process.stdout.write(`${JSON.stringify(estimate)}\n`);
    return;
  }
  const { slices, objects, bytes, estimated_cost_usd } = estimate;
  const row = {
    queries: slices,
    objects,
    'bytes to read': bytes,
    'cost on Athena': `$${estimated_cost_usd.toFixed(5)}`,
  };
  process.stdout.write(`${renderTable([row])}\nNothing was asked for; leave --dry-run out to export\n`);
};

const fetchFile = async (
  connection: Connection,
  job: Job,
  options: Pick<ExportOptions, 'out' | 'json'>,
  bar: Progress,
): Promise<void> => {
  const out = options.out ?? `audit-log-${job.id}.csv${job.compression === 'gzip' ? '.gz' : ''}`;
  bar.say('Downloading');
  await downloadExport(connection, job, out);
  bar.clear();
  if (options.json)
    (out === '-' ? process.stderr : process.stdout).write(`${JSON.stringify({ ...job, out })}\n`);
  else process.stderr.write(`${summary(job, out)}\n`);
};

export const showExport = async (id: string, options: ConnectionOptions): Promise<void> => {
  const job = await fetchJob(await connect(options, 'support'), id);
  if (options.json) process.stdout.write(`${JSON.stringify(job)}\n`);
  else {
    const lines = Object.entries(job)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => ({
        is: name,
        value: typeof value === 'object' ? JSON.stringify(value) : String(value),
      }));
    process.stdout.write(`${renderTable(lines)}\n`);
  }
};

export const downloadAgain = async (
  id: string,
  options: ConnectionOptions & { out?: string },
): Promise<void> => {
  const connection = await connect(options, 'support');
  return withProgress(options.json, async bar => {
    const job = await fetchJob(connection, id);
    if (job.status !== 'succeeded')
      throw new Failure(1, `The export is ${job.status}; its file is there once it has succeeded`);
    await fetchFile(connection, job, options, bar);
  });
};

export const printLink = async (id: string, options: ConnectionOptions): Promise<void> => {
  const link = await linkOf(await connect(options, 'support'), id);
  process.stdout.write(options.json ? `${JSON.stringify(link)}\n` : `${link.url}\n`);
};

export const retryExport = async (
  id: string,
  options: ConnectionOptions & { out?: string },
): Promise<void> => {
  const connection = await connect(options, 'support');
  return withProgress(options.json, async bar => {
    const response = await connection.fetch(`/v1/exports/${id}/retry`, { method: 'POST' });
    if (response.status !== 202) throw await refusalOf(response);
    const job = await followExport(connection, (await response.json()) as Job, bar);
    await fetchFile(connection, job, options, bar);
  });
};

const summary = (job: Job, out: string): string => {
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
    `complete to ${job.complete_to}`,
  ];
  if (job.gaps! > 0)
    lines.push(
      styleText(
        'yellow',
        `${job.gaps} gaps: something that could not be filed may be missing; the manifest lists them`,
      ),
    );
  lines.push(
    out === '-' ? styleText('green', 'The CSV is on standard output') : `${styleText('green', 'CSV')} ${out}`,
  );
  return lines.join('\n');
};
