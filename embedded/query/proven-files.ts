/**
 * Proves that segments hold the bytes whose hash is in their names. DuckDB does not compare the checksums of
 * pages: of a disk that rots it would return other text, and no error. Each file is read once, as long as it
 * stays the same.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fewAtOnce } from '#aws/few-at-once.ts';
import { parseSegmentKey, segmentsPrefix } from '#domain/compact/layout.ts';
import { LeastRecentlyUsed } from '#domain/least-recently-used.ts';

const kept = 200_000;
const filesAtOnce = 4;

export class ProvenSegments {
  readonly #proven = new LeastRecentlyUsed<string>(kept);

  /** Throws an error that names the file if one of these is not what its name says. */
  async prove(paths: readonly string[]): Promise<void> {
    await fewAtOnce(paths, path => this.#proveOne(path), filesAtOnce);
  }

  async #proveOne(path: string): Promise<void> {
    const { ino, mtimeNs, size } = await stat(path, { bigint: true });
    const version = `${ino} ${mtimeNs} ${size}`;
    if (this.#proven.get(path) === version) return;
    const digits = parseSegmentKey(path.slice(path.lastIndexOf(`/${segmentsPrefix}`) + 1))?.digits;
    // A file of another name was not made by compact; the planner of an export refuses it.
    if (digits !== undefined && !(await sha256Of(path)).startsWith(digits))
      throw new Error(`The segment ${path} is damaged: its bytes do not have the hash that is in its name`);
    this.#proven.set(path, version, 1);
  }
}

const sha256Of = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 }))
    hash.update(piece as Buffer);
  return hash.digest('hex');
};
