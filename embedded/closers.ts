/** What has been opened so far, to be closed in the opposite order; what cannot be closed keeps nothing else open. */
export class Closers {
  readonly #closers: (() => unknown)[] = [];

  push(...closers: (() => unknown)[]): void {
    this.#closers.push(...closers);
  }

  /** Closes all of it, once; throws in the end if something of it failed. */
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
