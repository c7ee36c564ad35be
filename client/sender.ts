/**
 * Sends what a backlog holds, one batch after another, with pauses that grow while the service takes nothing.
 * A batch that fails again and again lets the others go first, and then the event that causes it is searched
 * for. A few events may gather for a while between two batches.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Refusal } from './answer.ts';
import type { Backlog } from './backlog.ts';
import { findCulprits } from './culprits.ts';
import { type Delivery, deliver, type Post, type Problem } from './delivery.ts';
import type { Unavailable } from './options.ts';
import { runInRequest } from './request-context.ts';
import { nameOfThrown } from './thrown.ts';

export type SenderOptions = {
  post: Post;
  backlog: Backlog;
  /** How long events may gather. */
  flushMs: number;
  requestTimeoutMs: number;
  maxPauseMs: number;
  /** Whether the process may end while the service is unavailable: waiting events are safe without it. */
  mayEndInPause: boolean;
  /** Whether somebody waits for what the backlog holds. */
  isAwaited(): boolean;
  /** Called for each answer, before the backlog drops acknowledged lines. */
  onDelivered(lines: readonly string[], delivery: Delivery): void;
  /** Called for an event that the service rejects while it takes others. */
  onNotAccepted(line: string, refusal: Refusal): void;
  /** Called after each try, once the backlog is up to date with it. */
  onProgress(): void;
  onUnavailable(state: Unavailable): void;
};

const firstPauseMs = 100;
/** The longest pause that a service may ask for. */
const maxRetryAfterMs = 5 * 60_000;
/** How often a batch must fail before the cause is searched for in it. */
const patience = 3;

export class Sender {
  readonly #options: SenderOptions;
  #timer: NodeJS.Timeout | undefined;
  /** Whether the timer fires as soon as the current calls are done. */
  #isDue = false;
  #sending: Promise<void> | undefined;
  /** Ends the current request or pause. */
  #interrupt: () => void = () => undefined;
  #isEnding = false;
  /** By the number of a batch: how often it failed. */
  readonly #failures = new Map<number, number>();
  /** What is left of the batch whose turn it is. */
  #left: readonly string[] = [];
  #lastStored: string | undefined;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /**
   * Sends soon: immediately if that is requested or a batch is full, otherwise once the next events have been
   * gathered.
   */
  wake(isUrgent = this.#options.backlog.hasFullBatch()): void {
    if (this.#sending || this.#isEnding || this.#isDue || (this.#timer && !isUrgent)) return;
    clearTimeout(this.#timer);
    this.#isDue = isUrgent;
    const start = (): void => {
      this.#timer = undefined;
      this.#isDue = false;
      this.#sending = this.#send().finally(() => {
        this.#sending = undefined;
        if (this.#options.backlog.oldest() !== undefined) this.wake();
      });
    };
    // The request that recorded last did not cause the sending, nor what the hooks report about it.
    this.#timer = runInRequest(null, () => setTimeout(start, isUrgent ? 0 : this.#options.flushMs));
  }

  /** Sends nothing further, and aborts the current request. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#interrupt();
    clearTimeout(this.#timer);
    await this.#sending;
  }

  /** Never rejects. */
  async #send(): Promise<void> {
    const { backlog, isAwaited, onProgress } = this.#options;
    let tries = 0;
    do {
      const outcome = await this.#sendBatch().catch(
        (error): Problem => ({ message: `The backlog cannot be read (${nameOfThrown(error)})` }),
      );
      onProgress();
      if (outcome === 'nothing') return;
      tries = outcome === 'progress' ? 0 : tries + 1;
      if (outcome !== 'progress') await this.#pause(tries, outcome);
    } while (!this.#isEnding && (tries > 0 || backlog.hasFullBatch() || isAwaited()));
  }

  /** One try of the batch whose turn it is. The rest of it keeps its turn until it has failed too often. */
  async #sendBatch(): Promise<'nothing' | 'progress' | Problem> {
    const { backlog } = this.#options;
    const batch = backlog.take();
    if (!batch) return 'nothing';
    const { number, lines } = batch;
    this.#left = lines;
    const { problem } = await this.#deliver(lines);
    const failures = this.#left.length < lines.length ? 1 : (this.#failures.get(number) ?? 0) + 1;
    this.#failures.set(number, failures);
    const { length } = this.#left;
    if (length > 0 && !this.#isEnding && failures >= patience) await this.#examine();
    if (this.#left.length === 0) {
      this.#failures.delete(number);
      return 'progress';
    }
    if (failures >= patience) backlog.postpone();
    return this.#left.length < length ? 'progress' : problem!;
  }

  async #examine(): Promise<void> {
    const culprits = await findCulprits(this.#left, {
      send: lines => this.#deliver(lines),
      isWell: () => this.#isWell(),
      isEnding: () => this.#isEnding,
    });
    for (const [line, refusal] of culprits) this.#options.onNotAccepted(line, refusal);
    this.#acknowledge(new Set(culprits.keys()));
  }

  /** Sends some lines of the batch whose turn it is, and applies the answer to them. */
  async #deliver(lines: readonly string[]): Promise<Delivery> {
    const delivery = await this.#post(lines);
    this.#options.onDelivered(lines, delivery);
    for (const index of delivery.stored) this.#lastStored = lines[index];
    const left = new Set(delivery.left);
    this.#acknowledge(new Set(lines.filter((_, index) => !left.has(index))));
    return delivery;
  }

  #acknowledge(acknowledged: ReadonlySet<string>): void {
    if (acknowledged.size === 0 || this.#left.length === 0) return;
    this.#left = this.#left.filter(line => !acknowledged.has(line));
    this.#options.backlog.acknowledge(this.#left);
  }

  async #post(lines: readonly string[]): Promise<Delivery> {
    const { post, requestTimeoutMs } = this.#options;
    const controller = new AbortController();
    this.#interrupt = () => controller.abort(new Error('The client is being closed'));
    const late = new Error(`The service did not answer within ${requestTimeoutMs} ms`);
    const timer = setTimeout(() => controller.abort(late), requestTimeoutMs);
    try {
      return await deliver(post, lines, controller.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Whether the service now stores what it has stored before. Sent again, that is a duplicate, which it
   * drops.
   */
  async #isWell(): Promise<boolean> {
    if (this.#lastStored === undefined || this.#isEnding) return false;
    return (await this.#post([this.#lastStored])).stored.has(0);
  }

  /**
   * "Full jitter": anywhere up to a limit that doubles, so that many clients do not return at the same
   * moment.
   */
  async #pause(tries: number, { message, retryAfterMs = 0 }: Problem): Promise<void> {
    if (this.#isEnding) return;
    const { maxPauseMs, mayEndInPause, onUnavailable } = this.#options;
    const bound = Math.min(maxPauseMs, firstPauseMs * 2 ** Math.min(tries, 20));
    const nextTryInMs = Math.max(Math.min(retryAfterMs, maxRetryAfterMs), Math.round(Math.random() * bound));
    onUnavailable({ message, tries, nextTryInMs });
    const controller = new AbortController();
    this.#interrupt = () => controller.abort();
    // Rejects only if the signal ends it.
    await sleep(nextTryInMs, undefined, { ref: !mayEndInPause, signal: controller.signal }).catch(
      () => undefined,
    );
  }
}
