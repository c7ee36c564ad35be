/** A server in a process of its own, which the bench ends by its pid. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { pause } from './peer.ts';

const stopWithinMs = 30_000;
const answerWithinMs = 60_000;

export class ServerProcess {
  readonly child: ChildProcess;
  readonly #name: string;
  #errors = '';

  constructor(name: string, [command, ...args]: [string, ...string[]], options: SpawnOptions = {}) {
    this.#name = name;
    this.child = spawn(command, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
    this.child.stderr!.on('data', (chunk: Buffer) => {
      this.#errors = `${this.#errors}${chunk}`.slice(-2000);
    });
    this.child.on('error', error => {
      this.#errors = error.message;
    });
  }

  get #hasEnded(): boolean {
    return this.child.pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Asks every few milliseconds until the answer is not undefined. */
  async until<T>(answer: () => Promise<T | undefined>): Promise<T> {
    const giveUpAt = performance.now() + answerWithinMs;
    for (;;) {
      const answered = await answer();
      if (answered !== undefined) return answered;
      if (this.#hasEnded) throw new Error(`${this.#name} ended: ${this.#errors}`);
      if (performance.now() > giveUpAt) throw new Error(`${this.#name} did not answer: ${this.#errors}`);
      await pause(5);
    }
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.child, 'exit');
    this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), stopWithinMs);
    await ended;
    clearTimeout(timer);
  }
}

/** Whether a server answers this with success. */
export const isAnswered = async (url: string): Promise<true | undefined> => {
  try {
    const response = await fetch(url);
    await response.arrayBuffer();
    return response.ok ? true : undefined;
  } catch {
    // It does not listen yet.
    return undefined;
  }
};
