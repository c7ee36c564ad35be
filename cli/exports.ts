/** `annals exports`: what has been asked for, the newest first. */
import { type ConnectionOptions, connect, refusalOf } from './connection.ts';
import type { Job } from './run-export.ts';
import { renderTable } from './table.ts';

export type ExportsOptions = ConnectionOptions & { scope?: string };

export const listExports = async (options: ExportsOptions): Promise<void> => {
  const connection = await connect(options, 'support');
  const jobs: Job[] = [];
  let cursor: string | null = null;
  do {
    const parameters = new URLSearchParams();
    if (options.scope !== undefined) parameters.set('scope_id', options.scope);
    if (cursor !== null) parameters.set('cursor', cursor);
    const response = await connection.fetch(`/v1/exports?${parameters}`);
    if (!response.ok) throw await refusalOf(response);
    const page = (await response.json()) as { exports: Job[]; cursor: string | null };
    jobs.push(...page.exports);
    cursor = page.cursor;
  } while (cursor !== null);
  if (options.json) process.stdout.write(`${JSON.stringify(jobs)}\n`);
  else if (jobs.length === 0) process.stdout.write('No exports yet; ask for one with "annals export"\n');
  else process.stdout.write(`${renderTable(jobs.map(rowOf))}\n`);
};

const rowOf = (job: Job) => ({
  id: job.id,
  status: job.status,
  scope: job.scope_id ?? 'all',
  'requested at': job.requested_at.slice(0, 19),
  'requested by': job.requested_by ?? '',
  rows: job.rows ?? '',
  gaps: job.gaps ?? '',
});
