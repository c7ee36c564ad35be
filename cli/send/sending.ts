/**
 * Sends the events of a file, in requests as large as the service accepts. A refused event does not stop those behind
 * it; it is reported by its line, and written to a file.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type Destination, openDestination } from '#cli/export/destination.ts';
import { Failure } from '#cli/failure.ts';
import { onInterruption } from '#cli/interruption.ts';
import { printJson, printText, say } from '#cli/output.ts';
import { type Progress, withProgress } from '#cli/progress.ts';
import { count } from '#cli/table.ts';
import { standardError, standardOutput } from '#cli/terminal.ts';
import { maxRequestBytes } from '#domain/receive/limits.ts';
import type { EventFile } from './event-file.ts';
import type { InputLine, LongLine } from './event-lines.ts';
import { CutShort } from './json-documents.ts';
import { postApart } from './post-apart.ts';
import { bodyTooLarge, type Door, isFull, type Stuck } from './post-events.ts';
import { type Place, type RefusedLine, SendReport } from './send-report.ts';

/** How the lines of a file are sent. */
export type Manner = {
  door: Door;
  /** The event to post for the bytes of a line. */
  prepare(bytes: Buffer): Buffer;
  /** What the file of refused lines has for one, without a newline; undefined if that is the line itself. */
  printRefused?: (original: Buffer, refusal: RefusedLine) => Buffer;
  /** What to do about refused events; `kept` names the file that has them. */
  advise(refused: number, kept: string | undefined): string;
};

export type SendingOptions = { rejected?: string; skip: number; json: boolean };

/** Sends a file and reports; throws a `Failure` if something stops it, or if events were refused. */
export const sendFile = async (file: EventFile, manner: Manner, options: SendingOptions): Promise<void> => {
  const rejected = await openRejected(file, options);
  const sending = new Sending(file, manner, rejected);
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
  const verb = report.refused === 1 ? 'was' : 'were';
  const next = manner.advise(report.refused, rejected?.name);
  throw new Failure(1, `${count(report.refused, file.unit)} ${verb} refused; ${next}`);
};

/** The file of refused lines: never the file that is sent, and appended to if a sending is continued. */
const openRejected = async (
  file: EventFile,
  { rejected: path, skip }: SendingOptions,
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
  readonly #manner: Manner;
  readonly #rejected: Destination | undefined;
  #request: Prepared[] = [];
  #bytes = 0;
  #hasSucceeded = false;
  /** All lines up to this number are accepted or refused. */
  #doneTo = 0;

  constructor(file: EventFile, manner: Manner, rejected: Destination | undefined) {
    this.#file = file;
    this.#manner = manner;
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
    const prepared = line.bytes && !line.fault ? this.#prepare(line, place) : undefined;
    const mustFlush = !prepared || isFull(this.#request.length, this.#bytes + prepared.bytes.length + 1);
    if (mustFlush) await this.#flush();
    if (prepared) {
      this.#request.push(prepared);
      this.#bytes += prepared.bytes.length + 1;
    } else if (line.bytes) {
      const refusal = { ...place, code: line.code ?? 'invalid_json', path: '', message: line.fault! };
      this.report.refuse(refusal);
      await this.#keep(line.original ?? line.bytes, refusal);
    } else {
      const message = `The ${this.#file.unit} is longer than ${maxRequestBytes} bytes, the limit of a request`;
      this.report.refuse({ ...place, code: bodyTooLarge, path: '', message });
      for await (const part of line.parts) await this.#rejected?.write(part);
      await this.#rejected?.write(newline);
    }
    if (!prepared) this.#doneTo = line.number;
    return mustFlush;
  }

  #prepare({ bytes, number, original }: InputLine, place: Place): Prepared {
    return { place, number, bytes: this.#manner.prepare(bytes), original: original ?? bytes };
  }

  async #keep(original: Buffer, refusal: RefusedLine): Promise<void> {
    const printed = this.#manner.printRefused?.(original, refusal) ?? original;
    await this.#rejected?.write(Buffer.concat([printed, newline]));
  }

  /** Sends the gathered lines. */
  async #flush(): Promise<void> {
    const request = this.#request;
    this.#request = [];
    this.#bytes = 0;
    if (request.length === 0) return;
    const lines = request.map(({ bytes }) => bytes);
    const outcome = await postApart(this.#manner.door, lines, this.#hasSucceeded);
    const { accepted, rejected, hopeless } = outcome;
    this.#hasSucceeded = outcome.hasSucceeded;
    this.report.warningsLeftOut += outcome.warningsLeftOut;
    for (const event of accepted) this.report.accept(request[event.index]!.place, event);
    for (const { index, ...refusal } of rejected.sort((a, b) => a.index - b.index)) {
      const refused = { ...request[index]!.place, ...refusal };
      this.report.refuse(refused);
      await this.#keep(request[index]!.original, refused);
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
