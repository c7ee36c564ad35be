/** `annals exports`: what has been asked for, the newest first. */
import type { Command } from 'commander';
import { command, connected } from '#cli/command.ts';
import { type ConnectionOptions, connect } from '#cli/connection.ts';
import type { Job } from '#cli/export/follow-export.ts';
import { Failure } from '#cli/failure.ts';
import { print, printJson } from '#cli/output.ts';
import { collect, listAll } from '#cli/pages.ts';
import { renderTable, showTime } from '#cli/table.ts';

type ExportsOptions = ConnectionOptions & { scope?: string; allScopes?: true };

export const addExports = (program: Command): void => {
  connected(command(program, 'exports', 'List exports, the newest first.', 'exports --scope acme'))
    .option('--scope <id>', 'the exports of this scope only')
    .option('--all-scopes', 'the exports of the complete log only; for the operator')
    .action(listExports);
};

const listExports = async (options: ExportsOptions): Promise<void> => {
  const { scope, allScopes } = options;
  if (scope !== undefined && allScopes)
    throw new Failure(2, 'Exports are of one scope or of all: leave out --scope or --all-scopes');
  const parameters: Record<string, string> = {
    ...(scope === undefined ? {} : { scope_id: scope }),
    ...(allScopes ? { all_scopes: 'true' } : {}),
  };
  const connection = await connect(options, allScopes ? 'operator' : 'support');
  const jobs: Job[] = await collect(listAll(connection, '/v1/exports', 'exports', parameters));
  if (options.json) return printJson(jobs);
  if (jobs.length === 0) return print('No exports yet; ask for one with "annals export"');
  return print(renderTable(jobs.map(rowOf), { whole: ['id'] }));
};

const rowOf = (job: Job) => ({
  id: job.id,
  status: job.status,
  'asked (UTC)': showTime(job.requested_at),
  scope: job.scope_id ?? (job.status === 'unreadable' ? '' : 'all'),
  by: job.requested_by ?? '',
  rows: job.rows ?? '',
  gaps: job.gaps ?? '',
});
