/**
 * Runs work once per key within this process: concurrent callers share the result, and so do callers that
 * come shortly after. It only saves work: another process may do the same work. A failure is not kept.
 */
export class SingleFlight<T> {
  readonly #remembered: number;
  readonly #results = new Map<string, Promise<T>>();

  constructor(remembered = 1000) {
    this.#remembered = remembered;
  }

  run(key: string, work: () => Promise<T>): Promise<T> {
    const known = this.#results.get(key);
    if (known) return known;
    const result = work();
    this.#results.set(key, result);
    result.catch(() => this.#results.delete(key));
    const [oldest] = this.#results.keys();
    if (this.#results.size > this.#remembered) this.#results.delete(oldest!);
    return result;
  }
}
