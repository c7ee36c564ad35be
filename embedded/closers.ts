/**
 * What has been opened so far, to be closed in the opposite order; one that cannot be closed keeps nothing
 * else open.
 */
export class Closers {
  readonly #closers: (() => unknown)[] = [];

  push(...closers: (() => unknown)[]): void {
    this.#closers.push(...closers);
  }

  /** Closes everything, once; throws at the end if something failed. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const closer of this.#closers.splice(0).reverse())
      try {
        await closer();
      } catch (error) {
        failures.push(error);
      }
    if (failures.length > 0)
      throw new AggregateError(
        failures,
        `The server has stopped, but not all of it well: ${failures.join('; ')}`,
      );
  }
}
