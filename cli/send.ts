/** `annals send`: newline-delimited events in requests as large as the service takes; says which lines were refused. */
import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { styleText } from 'node:util';
import { type ConnectionOptions, connect } from './connection.ts';
import { Failure } from './failure.ts';
import { inRequests, type Line, postEvents, type Refused, withIdentity } from './post-events.ts';
import { progress } from './progress.ts';
import { renderTable } from './table.ts';

const shownRefusals = 20;

/** A file to read, or standard input for `-`; a `Failure` where it cannot be read. */
export const openLines = async (file: string): Promise<NodeJS.ReadableStream> => {
  if (file === '-') return process.stdin;
  await access(file).catch(error =>
    Promise.reject(new Failure(2, `${file} cannot be read`, { cause: error })),
  );
  return createReadStream(file);
};

export const send = async (file: string, options: ConnectionOptions): Promise<void> => {
  const input = await openLines(file);
  const connection = await connect(options, 'emitter');
  const bar = progress(options.json);
  const refused: (Omit<Refused, 'index'> & { line: number })[] = [];
  let accepted = 0;
  let uncatalogued = 0;
  for await (const request of inRequests(linesOf(input))) {
    const posted = await postEvents(
      connection,
      request.map(({ text }) => text),
    );
    accepted += posted.accepted.length;
    uncatalogued += posted.accepted.filter(({ catalogued }) => catalogued === false).length;
    for (const { index, ...refusal } of posted.rejected)
      refused.push({ line: request[index]!.number, ...refusal });
    bar.say(`${accepted} accepted, ${refused.length} refused`);
  }
  bar.clear();
  refused.sort((a, b) => a.line - b.line);
  const told = { accepted, refused, ...(uncatalogued === 0 ? {} : { uncatalogued }) };
  if (options.json) process.stdout.write(`${JSON.stringify(told)}\n`);
  else {
    process.stdout.write(`${styleText('green', `${accepted} accepted`)}, ${refused.length} refused\n`);
    if (uncatalogued > 0)
      process.stdout.write(
        `${uncatalogued} of actions that are not catalogued; "annals catalogue add" starts one\n`,
      );
    if (refused.length > 0) process.stdout.write(`${renderTable(refused.slice(0, shownRefusals))}\n`);
    if (refused.length > shownRefusals)
      process.stdout.write(`… and ${refused.length - shownRefusals} more; --json lists all\n`);
  }
  if (refused.length > 0)
    throw new Failure(
      1,
      `${refused.length} lines were refused; mend them and send the file again, which doubles nothing that has an id`,
    );
};

/** The lines that hold something. */
async function* linesOf(input: NodeJS.ReadableStream): AsyncGenerator<Line> {
  let number = 0;
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    if (text.trim() !== '') yield { text: withIdentity(text, new Date().toISOString()), number };
  }
}
