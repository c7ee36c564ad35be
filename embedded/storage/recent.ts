/** What was read last, and made once: a bounded number of values by their keys. */
export class Recent<Value> {
  readonly #most: number;
  readonly #values = new Map<string, Promise<Value>>();

  constructor(most: number) {
    this.#most = most;
  }

  /** The value of a key. Concurrent callers share one `make`; one that fails is forgotten. */
  of(key: string, make: () => Promise<Value>): Promise<Value> {
    const known = this.#values.get(key);
    this.#values.delete(key);
    const value = known ?? make();
    this.#values.set(key, value);
    if (known) return known;
    value.catch(() => {
      if (this.#values.get(key) === value) this.#values.delete(key);
    });
    const [oldest] = this.#values.keys();
    if (this.#values.size > this.#most) this.#values.delete(oldest!);
    return value;
  }
}
