/**
 * Answers only the last question: a new one aborts the one before, and an answer that arrives for an older
 * question is dropped. A question can be held back for a moment, so that several changes in a row ask once.
 */

/** How long changes have to rest before they ask. */
export const debounceMs = 250;

export class Latest {
  #current: AbortController | undefined;
  readonly #sleep: (ms: number, signal: AbortSignal) => Promise<void>;

  constructor(sleep: (ms: number, signal: AbortSignal) => Promise<void>) {
    this.#sleep = sleep;
  }

  /** What is asked, or undefined if a later question came, or `stop`. */
  async run<T>(
    question: (signal: AbortSignal) => Promise<T>,
    delayMs = 0,
  ): Promise<{ answer: T } | undefined> {
    this.stop();
    const current = new AbortController();
    this.#current = current;
    try {
      if (delayMs > 0) await this.#sleep(delayMs, current.signal);
      const answer = await question(current.signal);
      return this.#current === current ? { answer } : undefined;
    } catch (error) {
      if (current.signal.aborted) return undefined;
      throw error;
    }
  }

  /** No question that was asked so far is answered. */
  stop(): void {
    this.#current?.abort();
    this.#current = undefined;
  }
}
