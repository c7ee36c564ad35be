/**
 * How far the event source has come in each shard. A checkpoint names its stream, so that an old one does not
 * make a new stream be skipped. Checkpoints only save work: archive skips what it has filed.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asAbsent, writeDurably } from '#embedded/files.ts';
import type { Log } from '#functions/runtime/log.ts';

/** `stream` is undefined in checkpoints that were written until 2026-11. */
export type Checkpoint = { stream: string | undefined; sequence: bigint };

export class Checkpoints {
  readonly #directory: string;
  readonly #temporary: string;
  readonly #log: Log;

  constructor(directory: string, temporary: string, log: Log) {
    this.#directory = directory;
    this.#temporary = temporary;
    this.#log = log;
  }

  #path(shard: string): string {
    return join(this.#directory, `${shard}.json`);
  }

  /** The checkpoint of a shard; undefined if there is no readable one, which is just as good. */
  async read(shard: string): Promise<Checkpoint | undefined> {
    const path = this.#path(shard);
    const text = await readFile(path, 'utf8').catch(asAbsent);
    if (text === undefined) return undefined;
    const checkpoint = parse(text);
    if (!checkpoint)
      this.#log(
        'warn',
        'A checkpoint is damaged: its shard is read from where it is filed, and nothing is lost',
        { path },
      );
    return checkpoint;
  }

  write(shard: string, stream: string, sequence: bigint): Promise<void> {
    const text = JSON.stringify({ stream, sequence: String(sequence) });
    return writeDurably(this.#temporary, this.#path(shard), text);
  }
}

const parse = (text: string): Checkpoint | undefined => {
  try {
    const { stream, sequence } = JSON.parse(text) as { stream?: unknown; sequence?: unknown };
    if (typeof sequence !== 'string' || !/^\d{1,20}$/.test(sequence)) return undefined;
    return { stream: typeof stream === 'string' ? stream : undefined, sequence: BigInt(sequence) };
  } catch {
    // Not JSON, or not an object: a verdict.
    return undefined;
  }
};
