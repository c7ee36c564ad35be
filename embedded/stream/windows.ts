/**
 * How long the records of a shard are gathered before they are filed, so that one object holds many rows. A
 * window ends at once if somebody waits for a record.
 */
export class Windows {
  /** The last record of each shard that somebody waits for. */
  readonly #demanded = new Map<string, bigint>();
  readonly #open = new Map<string, () => void>();
  #isClosed = false;

  /** Somebody waits for this record. A window that began before it was on disk ends too. */
  demand(shard: string, sequence: bigint): void {
    if (sequence > (this.#demanded.get(shard) ?? 0n)) this.#demanded.set(shard, sequence);
    this.end(shard);
  }

  /** Ends the current window of a shard, if there is one. */
  end(shard: string): void {
    this.#open.get(shard)?.();
  }

  /** Waits for `ms`, unless a record after `after` is demanded or the window is ended. */
  async pass(shard: string, after: bigint, ms: number): Promise<void> {
    if (this.#isClosed || ms <= 0 || (this.#demanded.get(shard) ?? 0n) > after) return;
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, ms);
      this.#open.set(shard, () => {
        clearTimeout(timer);
        resolve();
      });
    });
    this.#open.delete(shard);
  }

  /** Ends every window, also later ones. */
  close(): void {
    this.#isClosed = true;
    for (const end of this.#open.values()) end();
  }
}
