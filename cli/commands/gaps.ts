/** `annals gaps`: what could not be filed, putting it back on the stream, and saying that it is nothing. */
import type { Command } from 'commander';
import { command, connected, reasonOption } from '#cli/command.ts';
import { type Connection, type ConnectionOptions, connect } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import { print, printJson } from '#cli/output.ts';
import { collect, listAll } from '#cli/pages.ts';
import { withProgress } from '#cli/progress.ts';
import { readJson } from '#cli/send/refusal.ts';
import { count, ellipsis, renderTable, showTime } from '#cli/table.ts';
import { paint } from '#cli/terminal.ts';
import { encodePathId } from '#domain/http/path-id.ts';

type GapOptions = ConnectionOptions & { reason?: string };

type Gap = {
  id: string;
  cause: string;
  kind: string;
  reason: string;
  buckets: (number | null)[];
  records: number;
  filed_at: string;
  redriven_at: string | null;
};

export const addGaps = (program: Command): void => {
  const gaps = connected(
    command(program, 'gaps', 'List what could not be filed and was put aside.', 'gaps'),
  ).action(listGaps);
  const ofGap = (name: string, description: string, example: string): Command =>
    connected(command(gaps, name, description, `gaps ${example}`)).argument(
      '<gap>',
      'the gap, by its id or by what "annals gaps" shows',
    );
  ofGap(
    'redrive',
    'Put what was put aside back on the stream, and wait until it is filed.',
    'redrive quarantine/bucket=07/…',
  )
    .option(...reasonOption)
    .action(redriveGap);
  ofGap(
    'dismiss',
    'Dismiss a gap: record that no data is missing.',
    'dismiss quarantine/bucket=07/… --reason "a test of ours"',
  )
    .requiredOption(...reasonOption)
    .action(dismissGap);
};

const listGaps = async (options: ConnectionOptions): Promise<void> => {
  const gaps = await collect(openGaps(await connect(options, 'operator')));
  if (options.json) return printJson(gaps);
  if (gaps.length === 0) return print('No gaps: all that was received has been filed');
  return print(renderTable(gaps.map(rowOf), { whole: ['gap'], prose: ['reason'] }));
};

const rowOf = (gap: Gap) => ({
  gap: gap.cause,
  reason: gap.reason,
  records: gap.records,
  buckets: gap.buckets.map(bucket => bucket ?? 'any').join(', '),
  'since (UTC)': showTime(gap.filed_at),
  state: gap.redriven_at === null ? 'open' : `redriven at ${showTime(gap.redriven_at)} UTC`,
});

const openGaps = (connection: Connection): AsyncIterable<Gap> => listAll(connection, '/v1/gaps', 'gaps');

/** Longer than filing takes if it goes on at all. */
const waitMs = 15 * 60_000;

const redriveGap = async (gap: string, options: GapOptions): Promise<void> => {
  const connection = await connect(options, 'operator');
  const { id, records } = await act<{ id: string; records: number }>(connection, gap, 'redrive', options);
  await withProgress(options.json, async bar => {
    const until = Date.now() + waitMs;
    for (let pauseMs = 100; await isOpen(connection, id); pauseMs = Math.min(2000, pauseMs * 1.5)) {
      if (Date.now() > until)
        throw new Failure(
          3,
          'The records are on the stream, and not filed yet; "annals gaps" will tell when they are',
        );
      bar.say(`${count(records, 'record')} on the stream; waiting for them to be filed`);
      await new Promise(resolve => setTimeout(resolve, pauseMs));
    }
  });
  if (options.json) return printJson({ id, records });
  return print(`${paint('green', `${records} records`)} are filed, and the gap has ended`);
};

const isOpen = async (connection: Connection, id: string): Promise<boolean> => {
  for await (const gap of openGaps(connection)) if (gap.id === id) return true;
  return false;
};

const dismissGap = async (gap: string, options: GapOptions): Promise<void> => {
  const end = await act(await connect(options, 'operator'), gap, 'dismiss', options);
  if (options.json) return printJson(end);
  return print(`${paint('green', 'Dismissed')}; who and why is recorded with the gap`);
};

const act = async <T>(
  connection: Connection,
  gap: string,
  verb: 'redrive' | 'dismiss',
  { reason }: GapOptions,
): Promise<T> =>
  readJson(
    await connection.fetch(`/v1/gaps/${await pathIdOf(connection, gap)}/${verb}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ reason }),
    }),
  );

/** A gap is named by its id, by its cause, or by as much of the cause as a table has room for. */
const pathIdOf = async (connection: Connection, gap: string): Promise<string> => {
  if (/^~[\w-]+$/.test(gap)) return gap;
  const [start, end] = gap.split(ellipsis);
  if (end === undefined) return encodePathId(gap);
  const ids: string[] = [];
  for await (const { id, cause } of openGaps(connection))
    if (cause.startsWith(start!) && cause.endsWith(end)) ids.push(id);
  if (ids.length === 1) return ids[0]!;
  throw new Failure(
    2,
    `${ids.length === 0 ? 'No gap is' : 'Several gaps are'} "${gap}"; "annals gaps --json" has them whole`,
  );
};
