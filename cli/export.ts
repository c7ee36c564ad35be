/** `annals export`: from the question to a checked file. */
import { styleText } from 'node:util';
import { type ConnectionOptions, connect } from './connection.ts';
import { progress } from './progress.ts';
import { downloadExport, type Job, runExport } from './run-export.ts';
import { renderTable } from './table.ts';

export type ExportOptions = ConnectionOptions & {
  scope?: string;
  from?: string;
  to?: string;
  requestedBy?: string;
  reason?: string;
  out?: string;
};

export const exportLog = async (options: ExportOptions): Promise<void> => {
  const { scope, from, to, requestedBy, reason } = options;
  // The complete log is the operator's.
  const connection = await connect(options, scope === undefined ? 'operator' : 'support');
  const bar = progress(options.json);
  try {
    const job = await runExport(
      connection,
      { scope_id: scope, from, to, requested_by: requestedBy, reason },
      bar,
    );
    const out = options.out ?? `audit-log-${job.id}.csv`;
    bar.say('Downloading');
    await downloadExport(connection, job, out);
    bar.clear();
    if (options.json)
      (out === '-' ? process.stderr : process.stdout).write(`${JSON.stringify({ ...job, out })}\n`);
    else process.stderr.write(`${summary(job, out)}\n`);
  } finally {
    bar.clear();
  }
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
