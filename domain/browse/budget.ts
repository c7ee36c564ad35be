/**
 * What one call may take. It is asked between pieces of work, so the last piece may exceed it: a call never fails
 * for being long, it ends and says how far it has got.
 */

export type BudgetLimits = { milliseconds: number; bytesRead: number };

export class Budget {
  readonly #limits: BudgetLimits;
  readonly #nowMs: () => number;
  readonly #startedMs: number;
  #bytesRead = 0;

  constructor(limits: BudgetLimits, nowMs: () => number) {
    this.#limits = limits;
    this.#nowMs = nowMs;
    this.#startedMs = nowMs();
  }

  /** Counts bytes that were read. */
  spend(bytes: number): void {
    this.#bytesRead += bytes;
  }

  isSpent(): boolean {
    const { milliseconds, bytesRead } = this.#limits;
    return this.#bytesRead >= bytesRead || this.#nowMs() - this.#startedMs >= milliseconds;
  }
}
