/** `annals exports`: lists exports, the newest first. */
import type { Command } from 'commander';
import { command, connected } from '#cli/command.ts';
import { type ConnectionOptions, connect } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import { collect, listAll } from '#cli/pages.ts';
import { print } from '#cli/print.ts';
import { showMinute } from '#cli/table.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';

type ExportsOptions = ConnectionOptions & { scope?: string; allScopes?: true };
type Listed = Api<'Exports'>['exports'][number];

export const addExports = (program: Command): void => {
  connected(command(program, 'exports', 'List exports, newest first.', 'exports --scope acme'))
    .option('--scope <id>', 'only exports of this scope')
    .option('--all-scopes', 'only exports of the complete log; operators only')
    .action(listExports);
};

const listExports = async (options: ExportsOptions): Promise<void> => {
  const { scope, allScopes } = options;
  if (scope !== undefined && allScopes) throw new Failure(2, 'Use --scope or --all-scopes, not both');
  const connection = await connect(options, allScopes ? 'operator' : 'support');
  const parameters = { scope_id: scope, all_scopes: allScopes && 'true' };
  const exports = await collect(listAll<Listed>(connection, '/v1/exports', 'exports', parameters));
  return print(options, exports, {
    table: exports.map(rowOf),
    none: 'No exports; request one with "annals export"',
    whole: ['id', 'requested (UTC)'],
  });
};

const rowOf = (listed: Listed) => ({
  id: listed.id,
  status: listed.status,
  'requested (UTC)': showMinute(listed.requested_at),
  scope: listed.scope_id ?? (listed.status === 'unreadable' ? '' : 'all'),
  requester: listed.requested_by ?? '',
  ...('rows' in listed ? { rows: listed.rows ?? '', gaps: listed.gaps ?? '' } : { rows: '', gaps: '' }),
});
