/** `annals exports`: what has been asked for, the newest first. */
import type { Command } from 'commander';
import { command, connected } from './command.ts';
import { type ConnectionOptions, connect } from './connection.ts';
import { print, printJson } from './output.ts';
import { collect, listAll } from './pages.ts';
import type { Job } from './run-export.ts';
import { renderTable, showTime } from './table.ts';

type ExportsOptions = ConnectionOptions & { scope?: string };

export const addExports = (program: Command): void => {
  connected(command(program, 'exports', 'List exports, the newest first.', 'exports --scope acme'))
    .option('--scope <id>', 'the exports of this scope only')
    .action(listExports);
};

const listExports = async (options: ExportsOptions): Promise<void> => {
  const parameters = options.scope === undefined ? {} : { scope_id: options.scope };
  const connection = await connect(options, 'support');
  const jobs: Job[] = await collect(listAll(connection, '/v1/exports', 'exports', parameters));
  if (options.json) return printJson(jobs);
  if (jobs.length === 0) return print('No exports yet; ask for one with "annals export"');
  return print(renderTable(jobs.map(rowOf), { whole: ['id'] }));
};

const rowOf = (job: Job) => ({
  id: job.id,
  status: job.status,
  'asked (UTC)': showTime(job.requested_at),
  scope: job.scope_id ?? 'all',
  by: job.requested_by ?? '',
  rows: job.rows ?? '',
  gaps: job.gaps ?? '',
});
