/** `annals gaps`: what could not be filed, putting it back on the stream, and saying that it is nothing. */
import { styleText } from 'node:util';
import { encodePathId } from '#domain/path-id.ts';
import { type Connection, type ConnectionOptions, connect, refusalOf } from './connection.ts';
import { Failure } from './failure.ts';
import { progress } from './progress.ts';
import { renderTable } from './table.ts';

export type GapOptions = ConnectionOptions & { reason?: string };

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

export const listGaps = async (options: ConnectionOptions): Promise<void> => {
  const gaps: Gap[] = [];
  for await (const gap of openGaps(await connect(options, 'operator'))) gaps.push(gap);
  if (options.json) process.stdout.write(`${JSON.stringify(gaps)}\n`);
  else if (gaps.length === 0) process.stdout.write('No gaps: all that was received has been filed\n');
  else process.stdout.write(`${renderTable(gaps.map(rowOf))}\n`);
};

const rowOf = (gap: Gap) => ({
  gap: gap.cause,
  reason: gap.reason,
  records: gap.records,
  buckets: gap.buckets.map(bucket => bucket ?? 'any').join(', '),
  since: gap.filed_at.slice(0, 19),
  state: gap.redriven_at === null ? 'open' : `redriven ${gap.redriven_at.slice(0, 19)}`,
});

async function* openGaps(connection: Connection): AsyncGenerator<Gap> {
  let cursor: string | null = null;
  do {
    const response: Response = await connection.fetch(
      cursor === null ? '/v1/gaps' : `/v1/gaps?${new URLSearchParams({ cursor })}`,
    );
    if (!response.ok) throw await refusalOf(response);
    const page = (await response.json()) as { gaps: Gap[]; cursor: string | null };
    yield* page.gaps;
    cursor = page.cursor;
  } while (cursor !== null);
}

/** Longer than filing takes where it goes on at all. */
const waitMs = 15 * 60_000;

export const redriveGap = async (gap: string, options: GapOptions): Promise<void> => {
  const connection = await connect(options, 'operator');
  const { id, records } = (await act(connection, gap, 'redrive', options.reason)) as {
    id: string;
    records: number;
  };
  const bar = progress(options.json);
  try {
    const until = Date.now() + waitMs;
    for (let pauseMs = 100; await isOpen(connection, id); pauseMs = Math.min(2000, pauseMs * 1.5)) {
      if (Date.now() > until)
        throw new Failure(
          3,
          'The records are on the stream, and not filed yet; "annals gaps" will tell when they are',
        );
      bar.say(`${records} records are on the stream; waiting for them to be filed`);
      await new Promise(resolve => setTimeout(resolve, pauseMs));
    }
  } finally {
    bar.clear();
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ id, records })}\n`);
  else process.stdout.write(`${styleText('green', `${records} records`)} are filed, and the gap has ended\n`);
};

const isOpen = async (connection: Connection, id: string): Promise<boolean> => {
  for await (const gap of openGaps(connection)) if (gap.id === id) return true;
  return false;
};

export const dismissGap = async (gap: string, options: GapOptions): Promise<void> => {
  const end = await act(await connect(options, 'operator'), gap, 'dismiss', options.reason);
  if (options.json) process.stdout.write(`${JSON.stringify(end)}\n`);
  else process.stdout.write(`${styleText('green', 'Dismissed')}; who and why is recorded with the gap\n`);
};

const act = async (
  connection: Connection,
  gap: string,
  verb: 'redrive' | 'dismiss',
  reason: string | undefined,
): Promise<object> => {
  const id = gap.startsWith('~') ? gap : encodePathId(gap);
  const response = await connection.fetch(`/v1/gaps/${id}/${verb}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(reason === undefined ? {} : { reason }),
  });
  if (!response.ok) throw await refusalOf(response);
  return (await response.json()) as object;
};
