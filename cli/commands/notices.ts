/** `annals notices`: lists undelivered notices of ended exports, retries them, and dismisses them. */
import type { Command } from 'commander';
import { command, connected } from '#cli/command.ts';
import { type ConnectionOptions, connect } from '#cli/connection.ts';
import { collect, listAll } from '#cli/pages.ts';
import { print } from '#cli/print.ts';
import { showTime } from '#cli/table.ts';
import { encodePathId } from '#domain/http/path-id.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';

type Notice = Api<'Notice'>;

export const addNotices = (program: Command): void => {
  const notices = connected(
    command(program, 'notices', 'List undelivered notices about exports and deliveries.', 'notices'),
  ).action(listNotices);
  const ofNotice = (name: string, description: string): Command =>
    connected(command(notices, name, description, `notices ${name} 5c9d1320-…`)).argument(
      '<notice>',
      'the id of the notice',
    );
  ofNotice('retry', 'Retry a notice now, and for another day.').action(retryNotice);
  ofNotice('dismiss', 'Delete a notice without delivering it.').action(dismissNotice);
};

const pathOf = (id: string, verb: 'retry' | 'dismiss'): string => `/v1/notices/${encodePathId(id)}/${verb}`;

const listNotices = async (options: ConnectionOptions): Promise<void> => {
  const connection = await connect(options, 'operator');
  const notices = await collect(listAll<Notice>(connection, '/v1/notices', 'notices'));
  return print(options, notices, {
    table: notices.map(rowOf),
    none: 'No undelivered notices',
    whole: ['notice'],
    prose: ['subject', 'last error'],
  });
};

const rowOf = ({ id, status, subject, attempts, next_attempt_at, last_reason }: Notice) => ({
  notice: id,
  subject,
  attempts,
  'next attempt (UTC)': status === 'undelivered' ? status : showTime(next_attempt_at!),
  'last error': last_reason ?? '',
});

const retryNotice = async (id: string, options: ConnectionOptions): Promise<void> => {
  const connection = await connect(options, 'operator');
  const notice = await connection.json<Notice>(pathOf(id, 'retry'), { method: 'POST' });
  return print(options, notice, {
    done: 'Retrying the notice; "annals notices" lists it until it is delivered',
  });
};

const dismissNotice = async (id: string, options: ConnectionOptions): Promise<void> => {
  const connection = await connect(options, 'operator');
  await connection.json<void>(pathOf(id, 'dismiss'), { method: 'POST' });
  return print(options, { id }, { done: 'Dismissed the notice' });
};
