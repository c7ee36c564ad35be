/**
 * Who has a turn, and who waits for one: at most so many at once, and so many for one destination; those that are
 * known to fail share a few of the places. One is kept by each process, and whoever looks for work adds to it: what
 * hangs keeps its own place, and neither the others nor the next look wait for it.
 */

export type Asked = {
  key: string;
  /** Those of one host share its limit. */
  host: string;
  /** Told when a place is free: what waits may turn out to fail meanwhile. */
  isFailing(): boolean;
  /** Its turn; `again`: it waits for another one at once. `isFailing` says in which kind of place it is. */
  turn(isFailing: boolean): Promise<'done' | 'again'>;
  /** Called if it was asked for while it had its turn: what has come since may need another. */
  missed(): void;
};

type Waiting = Asked & { ended(): void };

export class DeliveryTurns {
  static readonly atOnce = 16;
  static readonly perHost = 4;
  static readonly failingAtOnce = 4;

  /** By key, in the order in which they are served. */
  readonly #waiting = new Map<string, Waiting>();
  /** Those that have a turn, and how they were asked for since it began. */
  readonly #running = new Map<string, { newer?: Asked }>();
  readonly #hosts = new Map<string, number>();
  #failing = 0;

  /**
   * Gives each a turn, unless it has one; resolves once those that this call has added have ended. What waits already
   * keeps its place, and its turn is the one of this call: what it was asked for with before may be out of date.
   */
  async give(asked: readonly Asked[]): Promise<void> {
    const added: Promise<void>[] = [];
    for (const one of asked) {
      const running = this.#running.get(one.key);
      const waiting = this.#waiting.get(one.key);
      if (running) running.newer = one;
      else if (waiting) this.#waiting.set(one.key, { ...one, ended: waiting.ended });
      else added.push(new Promise(ended => this.#waiting.set(one.key, { ...one, ended })));
    }
    this.#fill();
    await Promise.all(added);
  }

  /** Begins turns while there are places. */
  #fill(): void {
    for (let next = this.#next(); next; next = this.#next()) {
      this.#waiting.delete(next.one.key);
      void this.#run(next.one, next.isFailing);
    }
  }

  #next(): { one: Waiting; isFailing: boolean } | undefined {
    if (this.#running.size >= DeliveryTurns.atOnce) return undefined;
    for (const one of this.#waiting.values()) {
      if ((this.#hosts.get(one.host) ?? 0) >= DeliveryTurns.perHost) continue;
      const isFailing = one.isFailing();
      if (!isFailing || this.#failing < DeliveryTurns.failingAtOnce) return { one, isFailing };
    }
    return undefined;
  }

  async #run(one: Waiting, isFailing: boolean): Promise<void> {
    const { key, host, turn } = one;
    const running: { newer?: Asked } = {};
    const place = isFailing ? 1 : 0;
    this.#running.set(key, running);
    this.#hosts.set(host, (this.#hosts.get(host) ?? 0) + 1);
    this.#failing += place;
    // What a turn throws ends it, as a rejection of nobody's would end the process.
    const end = await turn(isFailing).catch(() => 'done' as const);
    this.#running.delete(key);
    const left = this.#hosts.get(host)! - 1;
    if (left > 0) this.#hosts.set(host, left);
    else this.#hosts.delete(host);
    this.#failing -= place;
    if (end === 'again') this.#waiting.set(key, { ...(running.newer ?? one), ended: one.ended });
    else {
      one.ended();
      running.newer?.missed();
    }
    this.#fill();
  }
}
