/**
 * Sends the parts of a delivery to an HTTPS receiver: one request at a time, each signed by Standard Webhooks and
 * gzipped. The signature is over the text before compression, since that is what web frameworks and the libraries of
 * Standard Webhooks have in hand. A batch has the same id and text at each try.
 *
 * What a receiver refuses is halved down to the event (`halving.ts`), if it takes a probe. How far this has come is
 * kept for the part that is on its way, so that a try which runs out of time goes on where it stopped; if the process
 * ends, the part is sent again from its beginning.
 */
import { gzipSync } from 'node:zlib';
import type { BatchForm, BatchLine } from '#domain/deliver/batch-form.ts';
import { batchFormOf } from '#domain/deliver/batch-forms.ts';
import { type PackedPart, packPart } from '#domain/deliver/batches.ts';
import type { DestinationSecrets, Preset } from '#domain/deliver/destination.ts';
import type { Form } from '#domain/deliver/form.ts';
import { afterRefused, afterTaken, beginHalving, type Halving, isSingle } from '#domain/deliver/halving.ts';
import { type BatchVerdict, codeOfRefusedProbe } from '#domain/deliver/https-answer.ts';
import { probeCells } from '#domain/deliver/probe.ts';
import type { Part, Sender, SendOutcome, Undelivered, Unfinished } from '#domain/deliver/sender.ts';
import { derivedId } from '#domain/derived-id.ts';
import { signStandardWebhook } from '#domain/standard-webhook.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { guardedPost, type HttpsPolicy } from './guarded-post.ts';

export type HttpsSenderOptions = {
  secrets: DestinationSecrets;
  preset: Preset | undefined;
  /** The form of the delivery's events, for probes. */
  form: Form;
  policy: HttpsPolicy;
  nowMs(): number;
};

/** A part in small steps: what gateways and web frameworks take unless they are told otherwise. */
const limits = { rows: 1000, textBytes: 1024 * 1024 } as const;
/** Of one call; a request that has begun ends by its own limit. */
const turnMs = 25_000;

type Message = { id: string; text: string; headers: Readonly<Record<string, string>> };
type Progress = { key: string; packed: PackedPart; halving: Halving };

export class HttpsSender implements Sender {
  readonly limits = limits;
  readonly #options: HttpsSenderOptions;
  readonly #batchForm: BatchForm;
  #progress: Progress | undefined;
  /** Whether the receiver took a probe in this call of `send`. */
  #isProbed = false;

  constructor(options: HttpsSenderOptions) {
    this.#options = options;
    this.#batchForm = batchFormOf(options.preset);
  }

  async test(signal: AbortSignal): Promise<SendOutcome> {
    const verdict = await this.#probe(signal);
    if (verdict.kind === 'taken') return { kind: 'done' };
    return outcomeOfFailure(verdict);
  }

  async send(part: Part, signal: AbortSignal): Promise<SendOutcome | Unfinished> {
    const endMs = this.#options.nowMs() + turnMs;
    const progress = this.#progressOf(part);
    this.#isProbed = false;
    const { halving } = progress;
    while (progress.halving.open.length > 0) {
      if (signal.aborted || this.#options.nowMs() > endMs)
        return progress.halving === halving ? { kind: 'failed', code: 'timed_out' } : { kind: 'unfinished' };
      const failure = await this.#advance(part, progress, signal);
      if (failure) return failure;
    }
    this.#progress = undefined;
    return outcomeOf(progress);
  }

  #progressOf(part: Part): Progress {
    const key = `${part.replay ?? ''} ${part.id} ${part.sha256}`;
    if (this.#progress?.key === key) return this.#progress;
    const packed = packPart(linesOf(part), this.#batchForm, this.#options.nowMs());
    this.#progress = { key, packed, halving: beginHalving(packed.ranges) };
    return this.#progress;
  }

  /** Sends the first open range; returns why the part has to be tried again, if it has. */
  async #advance(part: Part, progress: Progress, signal: AbortSignal): Promise<SendOutcome | undefined> {
    const { packed, halving } = progress;
    const range = halving.open[0]!;
    const { from, to } = range;
    const isWhole = from === 0 && to === packed.entries.length;
    const verdict = await this.#post(
      {
        id: isWhole ? part.id : derivedId('batch', part.id, from, to),
        text: this.#batchForm.body(packed.entries.slice(from, to)),
        headers: headersOf(part),
      },
      signal,
    );
    if (verdict.kind === 'failed') return outcomeOfFailure(verdict);
    if (verdict.kind === 'taken') {
      progress.halving = afterTaken(halving);
      return undefined;
    }
    // Only requests are lost if a range is halved without need; an event is given up after a probe alone.
    if (!verdict.isPartial && (isSingle(range) || !this.#isProbed)) {
      const probe = await this.#probe(signal);
      if (probe.kind !== 'taken') return outcomeOfFailure(probe);
      this.#isProbed = true;
    }
    // No one who is logged decides what a manifest says.
    if (part.kind === 'manifest') return outcomeOfFailure(verdict);
    progress.halving = afterRefused(halving, verdict.status);
    return undefined;
  }

  #probe(signal: AbortSignal): Promise<BatchVerdict> {
    const at = instantOfMilliseconds(this.#options.nowMs());
    const cells = probeCells(at);
    const line = { text: this.#options.form.line(cells), event: { id: String(cells.id), occurredAt: at } };
    const { text } = this.#batchForm.entry(line, this.#options.nowMs());
    const message = {
      id: derivedId('probe', this.#options.secrets.url, at),
      text: this.#batchForm.body([text]),
      headers: { 'annals-kind': 'test' },
    };
    return this.#post(message, signal);
  }

  async #post({ id, text, headers }: Message, signal: AbortSignal): Promise<BatchVerdict> {
    const { secrets, policy, nowMs } = this.#options;
    const seconds = Math.floor(nowMs() / 1000);
    const answer = await guardedPost(
      policy,
      {
        url: secrets.url,
        headers: {
          ...secrets.headers,
          ...headers,
          'content-type': this.#batchForm.contentType,
          'content-encoding': 'gzip',
          'user-agent': 'Annals',
          'webhook-id': id,
          'webhook-timestamp': String(seconds),
          ...(secrets.secrets.length === 0
            ? {}
            : { 'webhook-signature': signStandardWebhook(secrets.secrets, { id, seconds, text }) }),
        },
        body: gzipSync(text),
      },
      signal,
    );
    if ('fault' in answer) return { kind: 'failed', code: answer.fault };
    return this.#batchForm.verdict(answer, nowMs());
  }
}

const headersOf = ({ kind, run, part, replay }: Part): Record<string, string> => ({
  'annals-kind': kind,
  'annals-run': String(run),
  'annals-part': String(part),
  ...(replay === undefined ? {} : { 'annals-replay': replay }),
});

const linesOf = ({ kind, text, events }: Part): BatchLine[] => {
  const whole = text.toString();
  if (kind === 'manifest') return [{ text: whole, event: undefined }];
  const lines = whole.split('\n');
  // Nothing follows the last newline.
  lines.pop();
  return lines.map((line, at) => ({ text: `${line}\n`, event: events[at] }));
};

const outcomeOf = ({ packed, halving }: Progress): SendOutcome => {
  const undelivered: Undelivered[] = [
    ...packed.tooLarge.map(line => ({ line, code: 'event_too_large' as const })),
    ...halving.refused.map(({ line, status }) => ({ line, code: 'refused' as const, status })),
  ];
  return {
    kind: 'done',
    ...(undelivered.length === 0 ? {} : { undelivered: undelivered.sort((a, b) => a.line - b.line) }),
    ...(packed.retimed === 0 ? {} : { retimed: packed.retimed }),
  };
};

const outcomeOfFailure = (verdict: Exclude<BatchVerdict, { kind: 'taken' }>): SendOutcome => {
  if (verdict.kind === 'refused')
    return { kind: 'failed', code: codeOfRefusedProbe(verdict.status), status: verdict.status };
  const { code, status, afterMs } = verdict;
  return {
    kind: 'failed',
    code,
    ...(status === undefined ? {} : { status }),
    ...(afterMs === undefined ? {} : { afterMs }),
  };
};
