/**
 * `annals send`: sends the events of a file, in requests as large as the service accepts. A refused event does not stop
 * those behind it; it is reported by its line, and can be written to a file, byte for byte, to be corrected and resent.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { command, connected } from '#cli/command.ts';
import { type Connection, type ConnectionOptions, connect } from '#cli/connection.ts';
import { type Destination, openDestination } from '#cli/export/destination.ts';
import { Failure } from '#cli/failure.ts';
import { onInterruption } from '#cli/interruption.ts';
import { printJson, printText, say } from '#cli/output.ts';
import { type Progress, withProgress } from '#cli/progress.ts';
import { type EventFile, openEventFile } from '#cli/send/event-file.ts';
import { withIdentity } from '#cli/send/event-identity.ts';
import type { InputLine, LongLine } from '#cli/send/event-lines.ts';
import { CutShort } from '#cli/send/json-documents.ts';
import { postApart } from '#cli/send/post-apart.ts';
import { bodyTooLarge, isFull, type Stuck } from '#cli/send/post-events.ts';
import { type Place, SendReport } from '#cli/send/send-report.ts';
import { count } from '#cli/table.ts';
import { standardError, standardOutput } from '#cli/terminal.ts';
import { maxRequestBytes } from '#domain/receive/limits.ts';

type SendOptions = ConnectionOptions & { rejected?: string; skip: number };

export const addSend = (program: Command): void => {
  connected(
    command(
      program,
      'send',
      'Send the events of a file: JSON lines, a JSON array or JSON objects, also compressed with gzip.',
      'send events.ndjson --rejected rejected.ndjson',
    ),
  )
    .argument('<file>', 'the file, or - for standard input')
    .option('--rejected <file>', 'write refused lines to this file, to correct and resend them')
    .option('--skip <number>', 'skip this many lines (or events of a JSON document)', wholeNumber, 0)
    .action(send);
};

const wholeNumber = (text: string): number => {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Expected a whole number of lines');
  return Number(text);
};

const send = async (path: string, options: SendOptions): Promise<void> => {
  const file = await openEventFile(path);
  const connection = await connect(options, 'emitter');
  const rejected = await openRejected(file, options);
  const sending = new Sending(file, connection, rejected);
  const { report } = sending;
  let end: unknown;
  try {
    await withProgress(options.json, bar => sending.run(options.skip, bar)).catch(error => {
      end = error;
    });
    await rejected?.finish();
  } finally {
    await rejected?.discard();
  }
  const kept = options.rejected === undefined ? {} : { rejected_file: options.rejected };
  const isTaken = rejected?.kind === 'standard output';
  if (options.json) await printJson({ ...report.json(), ...kept }, isTaken ? standardError : standardOutput);
  else if (isTaken) say(report.text());
  else await printText(report.text());
  if (end) throw end;
  if (report.refused === 0) return;
  const [verb, them] = report.refused === 1 ? ['was', 'it'] : ['were', 'them'];
  const next = rejected
    ? `correct ${them} in ${rejected.name} and send that file`
    : `correct ${them} and send the file again; events with an id are not duplicated`;
  throw new Failure(1, `${count(report.refused, file.unit)} ${verb} refused; ${next}`);
};

/** The file of refused lines: never the file that is sent, and appended to if a sending is continued. */
const openRejected = async (
  file: EventFile,
  { rejected: path, skip }: SendOptions,
): Promise<Destination | undefined> => {
  if (path === undefined) return undefined;
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isFile() && `${stats.dev}:${stats.ino}` === file.identity)
    throw new Failure(2, `--rejected ${path} is the file to send; choose another`);
  const destination = await openDestination(path, '--rejected', true);
  if (skip > 0 && stats?.isFile() && destination.kind === 'file')
    for await (const chunk of createReadStream(path)) await destination.write(chunk as Buffer);
  return destination;
};

const newline = Buffer.from('\n');

/** A line as it is sent, and as it was read. */
type Prepared = { place: Place; number: number; bytes: Buffer; original: Buffer };

class Sending {
  readonly report = new SendReport();
  readonly #file: EventFile;
  readonly #connection: Connection;
  readonly #rejected: Destination | undefined;
  #request: Prepared[] = [];
  #bytes = 0;
  #hasSucceeded = false;
  /** All lines up to this number are accepted or refused. */
  #doneTo = 0;

  constructor(file: EventFile, connection: Connection, rejected: Destination | undefined) {
    this.#file = file;
    this.#connection = connection;
    this.#rejected = rejected;
  }

  /** Sends all lines after the first `skip`; throws a `Failure` if something stops it. */
  async run(skip: number, bar: Progress): Promise<void> {
    const startedAt = performance.now();
    const showProgress = (): void => {
      const { accepted, refused } = this.report;
      const rate = Math.round((accepted + refused) / ((performance.now() - startedAt) / 1000));
      bar.say(
        `${accepted.toLocaleString('en-US')} accepted, ${refused} refused, ${rate.toLocaleString('en-US')}/s`,
        this.#file.share(),
      );
    };
    const forget = onInterruption(() => {
      bar.clear();
      say(`Sent up to ${this.#file.unit} ${this.#doneTo}; continue with --skip ${this.#doneTo}`);
    });
    this.#doneTo = skip;
    const reading = this.#file.lines[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { done, value: line } = await reading.next().catch(error => this.#sendRest(error));
        if (done) break;
        if (line.number <= skip) continue;
        if (await this.#take(line)) showProgress();
      }
      await this.#flush();
    } finally {
      forget();
      await reading.return?.();
    }
  }

  /** Sends what was read before the file ended too early, then reports that. */
  async #sendRest(error: unknown): Promise<never> {
    await this.#flush();
    if (!(error instanceof CutShort)) throw error;
    throw new Failure(1, `${this.#file.name}: ${error.message}; its events have been sent`, {
      cause: error,
    });
  }

  /** Returns whether something was sent. */
  async #take(line: InputLine | LongLine): Promise<boolean> {
    const place = this.#file.unit === 'event' ? { line: line.line, event: line.number } : { line: line.line };
    const prepared = line.bytes && !line.fault ? prepare(line, place) : undefined;
    const mustFlush = !prepared || isFull(this.#request.length, this.#bytes + prepared.bytes.length + 1);
    if (mustFlush) await this.#flush();
    if (prepared) {
      this.#request.push(prepared);
      this.#bytes += prepared.bytes.length + 1;
    } else if (line.bytes) {
      this.report.refuse({ ...place, code: 'invalid_json', path: '', message: line.fault! });
      await this.#keep(line.bytes);
    } else {
      const message = `The ${this.#file.unit} is longer than ${maxRequestBytes} bytes, the limit of a request`;
      this.report.refuse({ ...place, code: bodyTooLarge, path: '', message });
      for await (const part of line.parts) await this.#rejected?.write(part);
      await this.#rejected?.write(newline);
    }
    if (!prepared) this.#doneTo = line.number;
    return mustFlush;
  }

  async #keep(original: Buffer): Promise<void> {
    await this.#rejected?.write(Buffer.concat([original, newline]));
  }

  /** Sends the gathered lines. */
  async #flush(): Promise<void> {
    const request = this.#request;
    this.#request = [];
    this.#bytes = 0;
    if (request.length === 0) return;
    const lines = request.map(({ bytes }) => bytes);
    const outcome = await postApart(this.#connection, lines, this.#hasSucceeded);
    const { accepted, rejected, hopeless } = outcome;
    this.#hasSucceeded = outcome.hasSucceeded;
    this.report.warningsLeftOut += outcome.warningsLeftOut;
    for (const event of accepted) this.report.accept(request[event.index]!.place, event);
    for (const { index, ...refusal } of rejected.sort((a, b) => a.index - b.index)) {
      this.report.refuse({ ...request[index]!.place, ...refusal });
      await this.#keep(request[index]!.original);
    }
    if (hopeless)
      throw this.#giveUp(
        hopeless.stuck,
        hopeless.left.map(index => request[index]!),
        request,
      );
    this.#doneTo = request.at(-1)!.number;
  }

  #giveUp({ message, about }: Stuck, left: readonly Prepared[], request: readonly Prepared[]): Failure {
    const { unit } = this.#file;
    const from = left[0]!.number;
    const ahead = request.filter(({ number }) => number > from).length - (left.length - 1);
    const done = ahead === 0 ? '' : ` (${count(ahead, unit)} after it ${ahead === 1 ? 'is' : 'are'} done)`;
    return new Failure(
      about === 'the caller' ? 1 : 3,
      `${message}; stopped at ${unit} ${from}${done}; once that is fixed, continue with --skip ${from - 1}`,
    );
  }
}

const prepare = ({ bytes, number }: InputLine, place: Place): Prepared => ({
  place,
  number,
  bytes: withIdentity(bytes, new Date().toISOString()),
  original: bytes,
});
