/**
 * The connections of the server, whose number is limited. One more makes room for itself: the connection that
 * has been silent longest is closed, or else the one that has been sending its request longest. One that
 * waits for its answer is never closed. So a client that merely holds connections shuts nobody out.
 */
import type { Socket } from 'node:net';

/**
 * The state of a connection; pipelined requests are counted. `since` orders connections by their last change.
 */
type Use = { moving: number; answering: number; since: number };

/**
 * A request in progress. It is `moving` while its bytes come, or those of a small answer go; a slow sender or
 * reader can hold it there. It is `answering` while it waits for the server.
 */
export type RequestInProgress = { isAnswered(): void; isMoving(): void; hasEnded(): void };

export class Connections {
  readonly #limit: number;
  readonly #uses = new Map<Socket, Use>();
  #changes = 0;
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a new connection; false if every other one is waiting for its answer. */
  add(socket: Socket): boolean {
    if (this.#uses.size >= this.#limit) {
      const idlest = this.#idlest();
      if (!idlest) return false;
      this.#uses.delete(idlest);
      idlest.destroy();
    }
    this.#uses.set(socket, { moving: 0, answering: 0, since: this.#changes++ });
    socket.once('close', () => this.#uses.delete(socket));
    return true;
  }

  /** Notes that the headers of a request have come. */
  begin(socket: Socket): RequestInProgress {
    const use = this.#uses.get(socket) ?? { moving: 0, answering: 0, since: 0 };
    let phase: 'moving' | 'answering' | 'ended' = 'moving';
    use.moving += 1;
    use.since = this.#changes++;
    const change = (next: typeof phase): void => {
      if (phase === 'ended') return;
      use[phase] -= 1;
      if (next !== 'ended') use[next] += 1;
      use.since = this.#changes++;
      phase = next;
    };
    return {
      isAnswered: () => change('answering'),
      isMoving: () => change('moving'),
      hasEnded: () => change('ended'),
    };
  }

  /** Closes those without a request. */
  closeSilent(): void {
    for (const [socket, { moving, answering }] of this.#uses) if (moving + answering === 0) socket.destroy();
  }

  closeAll(): void {
    for (const socket of this.#uses.keys()) socket.destroy();
  }

  #idlest(): Socket | undefined {
    let found: [Socket, Use] | undefined;
    for (const entry of this.#uses)
      if (entry[1].answering === 0 && (!found || isIdler(entry[1], found[1]))) found = entry;
    return found?.[0];
  }
}

/** A silent connection before one with a request; of two, the one that changed longer ago. */
const isIdler = (a: Use, b: Use): boolean =>
  (a.moving === 0) === (b.moving === 0) ? a.since < b.since : a.moving === 0;
