/** `annals notices`: the notices of ended exports that are not delivered, trying one again, and dismissing it. */
import type { Command } from 'commander';
import { command, connected } from '#cli/command.ts';
import { type Connection, type ConnectionOptions, connect } from '#cli/connection.ts';
import { print, printJson } from '#cli/output.ts';
import { collect, listAll } from '#cli/pages.ts';
import { readJson, refusalOf } from '#cli/send/refusal.ts';
import { renderTable, showTime } from '#cli/table.ts';
import { paint } from '#cli/terminal.ts';
import { encodePathId } from '#domain/http/path-id.ts';

type Notice = {
  id: string;
  status: 'waiting' | 'undelivered';
  subject: string;
  attempts: number;
  next_attempt_at: string | null;
  last_reason: string | null;
};

export const addNotices = (program: Command): void => {
  const notices = connected(
    command(program, 'notices', 'List the notices of ended exports that are not delivered.', 'notices'),
  ).action(listNotices);
  const ofNotice = (name: string, description: string): Command =>
    connected(command(notices, name, description, `notices ${name} 5c9d1320-…`)).argument(
      '<notice>',
      'the notice, by its id',
    );
  ofNotice('retry', 'Try a notice again, at once and for another day.').action(retryNotice);
  ofNotice('dismiss', 'Remove a notice that nobody needs any longer.').action(dismissNotice);
};

const listNotices = async (options: ConnectionOptions): Promise<void> => {
  const connection = await connect(options, 'operator');
  const notices = await collect(listAll<Notice>(connection, '/v1/notices', 'notices'));
  if (options.json) return printJson(notices);
  if (notices.length === 0) return print('No notices wait: all were delivered');
  return print(renderTable(notices.map(rowOf), { whole: ['notice'], prose: ['about', 'reason'] }));
};

const rowOf = ({ id, status, subject, attempts, next_attempt_at, last_reason }: Notice) => ({
  notice: id,
  about: subject,
  tries: attempts,
  'next try (UTC)': status === 'undelivered' ? status : showTime(next_attempt_at!),
  reason: last_reason ?? '',
});

const retryNotice = async (id: string, options: ConnectionOptions): Promise<void> => {
  const notice = await readJson(await act(await connect(options, 'operator'), id, 'retry'));
  if (options.json) return printJson(notice);
  return print(`${paint('green', 'Tried again')}; "annals notices" shows it until it is delivered`);
};

const dismissNotice = async (id: string, options: ConnectionOptions): Promise<void> => {
  const response = await act(await connect(options, 'operator'), id, 'dismiss');
  if (!response.ok) throw await refusalOf(response);
  if (options.json) return printJson({ id });
  return print(paint('green', 'Dismissed'));
};

const act = (connection: Connection, id: string, verb: 'retry' | 'dismiss'): Promise<Response> =>
  connection.fetch(`/v1/notices/${encodePathId(id)}/${verb}`, { method: 'POST' });
