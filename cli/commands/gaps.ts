/** `annals gaps`: lists gaps (records that could not be filed), redrives them and dismisses them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { command, connected, reasonOption } from '#cli/command.ts';
import { type Connection, type ConnectionOptions, connect } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import { collect, listAll } from '#cli/pages.ts';
import { print } from '#cli/print.ts';
import { withProgress } from '#cli/progress.ts';
import { count, ellipsis, showTime } from '#cli/table.ts';
import { encodePathId } from '#domain/http/path-id.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';

type GapOptions = ConnectionOptions & { reason?: string };
type Gap = Api<'Gaps'>['gaps'][number];

export const addGaps = (program: Command): void => {
  const gaps = connected(
    command(program, 'gaps', 'List gaps: records that could not be filed.', 'gaps'),
  ).action(listGaps);
  const ofGap = (name: string, description: string, example: string): Command =>
    connected(command(gaps, name, description, `gaps ${example}`)).argument(
      '<gap>',
      'the gap, as "annals gaps" lists it, or its id',
    );
  ofGap(
    'redrive',
    'Put the records of a gap back on the stream, and wait until they are filed.',
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
  return print(options, gaps, {
    table: gaps.map(rowOf),
    none: 'No gaps',
    whole: ['gap'],
    prose: ['reason'],
  });
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

/** Longer than filing takes unless it has stopped. */
const maxWaitMs = 15 * 60_000;

const redriveGap = async (gap: string, options: GapOptions): Promise<void> => {
  const connection = await connect(options, 'operator');
  const { id, records } = await act<Api<'Redriven'>>(connection, gap, 'redrive', options);
  await withProgress(options.json, async bar => {
    const until = Date.now() + maxWaitMs;
    for (let pauseMs = 100; await isOpen(connection, id); pauseMs = Math.min(2000, pauseMs * 1.5)) {
      if (Date.now() > until)
        throw new Failure(
          3,
          'The records are on the stream but not filed yet; "annals gaps" lists the gap until they are',
        );
      bar.say(`${count(records, 'record')} on the stream; waiting for them to be filed`);
      await sleep(pauseMs);
    }
  });
  return print(options, { id, records }, { done: `Filed ${count(records, 'record')}; the gap is closed` });
};

const isOpen = async (connection: Connection, id: string): Promise<boolean> => {
  for await (const gap of openGaps(connection)) if (gap.id === id) return true;
  return false;
};

const dismissGap = async (gap: string, options: GapOptions): Promise<void> => {
  const end = await act<Api<'GapEnd'>>(await connect(options, 'operator'), gap, 'dismiss', options);
  return print(options, end, { done: 'Dismissed the gap; your identity and the reason are recorded' });
};

const act = async <T>(
  connection: Connection,
  gap: string,
  verb: 'redrive' | 'dismiss',
  { reason }: GapOptions,
): Promise<T> =>
  connection.json(`/v1/gaps/${await pathIdOf(connection, gap)}/${verb}`, {
    method: 'POST',
    body: { reason },
  });

/** A gap is named by its id, by its cause, or by the shortened cause that a table shows. */
const pathIdOf = async (connection: Connection, gap: string): Promise<string> => {
  if (/^~[\w-]+$/.test(gap)) return gap;
  const [start, end] = gap.split(ellipsis);
  if (end === undefined) return encodePathId(gap);
  const ids: string[] = [];
  for await (const { id, cause } of openGaps(connection))
    if (cause.startsWith(start!) && cause.endsWith(end)) ids.push(id);
  if (ids.length === 1) return ids[0]!;
  const matching = ids.length === 0 ? 'No gap matches' : 'Several gaps match';
  throw new Failure(2, `${matching} "${gap}"; "annals gaps --json" has their full names`);
};
