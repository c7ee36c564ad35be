/**
 * Does a thing once a key in this process: whoever asks while it is at it, or soon after, gets the same. What it is for
 * can be done twice; this only keeps those who meet in one process from doing so. What failed is forgotten.
 */
export class Once<T> {
  readonly #remembered: number;
  readonly #done = new Map<string, Promise<T>>();

  constructor(remembered = 1000) {
    this.#remembered = remembered;
  }

  do(key: string, work: () => Promise<T>): Promise<T> {
    const known = this.#done.get(key);
    if (known) return known;
    const done = work();
    this.#done.set(key, done);
    done.catch(() => this.#done.delete(key));
    const [oldest] = this.#done.keys();
    if (this.#done.size > this.#remembered) this.#done.delete(oldest!);
    return done;
  }
}
