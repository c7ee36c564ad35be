/**
 * Sends what a backlog holds, a batch at a time and one after another, each until nothing of it is left: with pauses that
 * grow where the service does not take it. What few events come between two batches may gather for a while.
 */
import type { Backlog } from './backlog.ts';
import { deliver, type Post, type Refusal } from './delivery.ts';
import type { Unavailable } from './options.ts';

export type SenderOptions = {
  post: Post;
  backlog: Backlog;
  /** How long events may gather. */
  flushMs: number;
  requestTimeoutMs: number;
  maxPauseMs: number;
  /** Whether the process may end while the service is away: what waits is safe without it. */
  mayEndInPause: boolean;
  /** Whether somebody waits for what the backlog holds. */
  isAwaited(): boolean;
  /** Told of each try, before the backlog forgets what is settled. */
  onDelivered(
    lines: readonly string[],
    refused: ReadonlyMap<number, Refusal>,
    left: ReadonlySet<number>,
  ): void;
  /** Told after each try, once the backlog has been brought up to it. */
  onProgress(): void;
  onUnavailable(state: Unavailable): void;
};

const firstPauseMs = 100;
/** The longest pause that a service may ask for. */
const maxRetryAfterMs = 5 * 60_000;

export class Sender {
  readonly #options: SenderOptions;
  #timer: NodeJS.Timeout | undefined;
  /** Whether the timer is at its end as soon as the calls of this moment are. */
  #isDue = false;
  #sending: Promise<void> | undefined;
  /** Ends the request or the pause that is under way. */
  #interrupt: () => void = () => undefined;
  #isEnding = false;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Sends soon: at once where that is asked for or a batch is full, else once the events that follow have been gathered. */
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
    this.#timer = setTimeout(start, isUrgent ? 0 : this.#options.flushMs);
  }

  /** Sends nothing more; what is under way is broken off. */
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
      const outcome = await this.#sendBatch().catch(error => ({
        problem: `The spool cannot be read: ${(error as Error).message}`,
        retryAfterMs: undefined,
      }));
      onProgress();
      if (outcome === 'nothing') return;
      tries = outcome === 'done' ? 0 : tries + 1;
      if (outcome !== 'done') await this.#pause(tries, outcome.problem, outcome.retryAfterMs);
    } while (!this.#isEnding && (tries > 0 || backlog.hasFullBatch() || isAwaited()));
  }

  /** One try of the oldest batch; what is left of it stays the oldest. */
  async #sendBatch(): Promise<'nothing' | 'done' | { problem: string; retryAfterMs?: number | undefined }> {
    const { post, backlog, requestTimeoutMs, onDelivered } = this.#options;
    const batch = backlog.take();
    if (!batch) return 'nothing';
    const { lines } = batch;
    const controller = new AbortController();
    this.#interrupt = () => controller.abort(new Error('The client is being closed'));
    const late = new Error(`The service did not answer within ${requestTimeoutMs} ms`);
    const timer = setTimeout(() => controller.abort(late), requestTimeoutMs);
    const { refused, left, problem, retryAfterMs } = await deliver(post, lines, controller.signal);
    clearTimeout(timer);
    onDelivered(lines, refused, new Set(left));
    if (left.length < lines.length) backlog.settle(left.map(index => lines[index]!));
    return left.length === 0 ? 'done' : { problem: problem!, retryAfterMs };
  }

  /** "Full jitter": anywhere up to a bound that doubles, so that many clients do not come back together. */
  async #pause(tries: number, message: string, retryAfterMs = 0): Promise<void> {
    if (this.#isEnding) return;
    const { maxPauseMs, mayEndInPause, onUnavailable } = this.#options;
    const bound = Math.min(maxPauseMs, firstPauseMs * 2 ** Math.min(tries, 20));
    const nextTryInMs = Math.max(Math.min(retryAfterMs, maxRetryAfterMs), Math.round(Math.random() * bound));
    onUnavailable({ message, tries, nextTryInMs });
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, nextTryInMs);
      if (mayEndInPause) timer.unref();
      this.#interrupt = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
