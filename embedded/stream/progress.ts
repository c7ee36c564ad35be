/** How far the event source has come in each shard, for those who wait for a record to be filed. */
export class Progress {
  readonly #taken = new Map<string, bigint>();
  readonly #waiting = new Set<() => void>();
  #isClosed = false;

  /** The last record of a shard that was taken; 0 if that is not known yet. */
  of(shard: string): bigint {
    return this.#taken.get(shard) ?? 0n;
  }

  note(shard: string, taken: bigint): void {
    this.#taken.set(shard, taken);
    this.#look();
  }

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves once a record was taken, after `atMostMs`, or when nothing more will be taken. */
  async reached(shard: string, sequence: bigint, atMostMs: number): Promise<void> {
    await new Promise<void>(resolve => {
      const end = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      const look = (): void => {
        if (this.#isClosed || this.of(shard) >= sequence) end();
      };
      const timer = setTimeout(end, atMostMs);
      this.#waiting.add(look);
      look();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#look();
  }
}
