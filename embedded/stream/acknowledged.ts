/**
 * What the stream has acknowledged, apart from its records: a file per segment holds the last sequence number
 * of the segment that a sender was told. From it a start knows what a segment has lost that was cut, emptied
 * or removed.
 *
 * The file is written in place once the records are on disk, and not synced. A process that is killed loses
 * nothing of it; after a loss of power it may hold less, never more. Without it a start uses what has been
 * filed.
 */
import { type FileHandle, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asAbsent, makeDirectory } from '#embedded/files.ts';

const digits = 20;
const segmentName = (first: bigint): string => String(first).padStart(digits, '0');

/** How far the segment that begins at `first` was acknowledged; undefined if its file is damaged. */
export type AcknowledgedSegment = { first: bigint; last: bigint | undefined; path: string };

export class Acknowledged {
  readonly #directory: string;
  #handle: FileHandle | undefined;

  /** For one shard; `root` is the stream's, see `acknowledgedStreams`. */
  constructor(root: string, shard: string) {
    this.#directory = join(root, shard);
  }

  async segments(): Promise<AcknowledgedSegment[]> {
    const names = await namesIn(this.#directory);
    return Promise.all(
      names
        .filter(name => /^\d{20}$/.test(name))
        .sort()
        .map(async name => {
          const path = join(this.#directory, name);
          const text = await readFile(path, 'latin1');
          return { first: BigInt(name), last: /^\d{20}\n$/.test(text) ? BigInt(text) : undefined, path };
        }),
    );
  }

  /** Begins with the segment that is written from now on. */
  async begin(first: bigint): Promise<void> {
    await this.close();
    await makeDirectory(this.#directory);
    const path = join(this.#directory, segmentName(first));
    this.#handle = (await open(path, 'r+').catch(asAbsent)) ?? (await open(path, 'wx', 0o600));
    await this.#handle.truncate(digits + 1);
  }

  get isBegun(): boolean {
    return this.#handle !== undefined;
  }

  /** What senders are told next is on disk up to here. */
  async note(last: bigint): Promise<void> {
    await this.#handle!.write(`${String(last).padStart(digits, '0')}\n`, 0, 'latin1');
  }

  /** Forgets a segment that was deleted. */
  async forget(first: bigint): Promise<void> {
    await rm(join(this.#directory, segmentName(first)), { force: true });
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.sync();
    await handle?.close();
  }
}

/** All streams that ever existed, by their ids, and their shards. */
export const acknowledgedStreams = async (
  directory: string,
): Promise<{ stream: string; shards: string[] }[]> =>
  Promise.all(
    (await foldersIn(directory)).map(async stream => ({
      stream,
      shards: await foldersIn(join(directory, stream)),
    })),
  );

/** A file beside them (a file manager leaves some) is not a stream, nor a shard. */
const foldersIn = async (directory: string): Promise<string[]> =>
  ((await readdir(directory, { withFileTypes: true }).catch(asAbsent)) ?? [])
    .filter(entry => entry.isDirectory())
    .map(({ name }) => name);

const namesIn = async (directory: string): Promise<string[]> =>
  (await readdir(directory).catch(asAbsent)) ?? [];
