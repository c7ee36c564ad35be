/**
 * Proves that files hold what was written to them: segments by the hash in their names, objects of the ledger by the
 * checksum of their gzip. DuckDB compares neither: of a disk that rots it would return other text, and no error.
 * Each file is read once, as long as it stays the same.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { fewAtOnce } from '#aws/few-at-once.ts';
import { parseSegmentKey, segmentsPrefix } from '#domain/compact/layout.ts';
import { LeastRecentlyUsed } from '#domain/least-recently-used.ts';

const kept = 200_000;
const filesAtOnce = 4;

export class ProvenFiles {
  readonly #check: (path: string) => Promise<void>;
  readonly #proven = new LeastRecentlyUsed<string>(kept);

  /** `check` throws an error that names the file if it is damaged. */
  constructor(check: (path: string) => Promise<void>) {
    this.#check = check;
  }

  /** Throws if one of these is damaged. */
  async prove(paths: readonly string[]): Promise<void> {
    await fewAtOnce(paths, path => this.#proveOne(path), filesAtOnce);
  }

  async #proveOne(path: string): Promise<void> {
    const { ino, mtimeNs, size } = await stat(path, { bigint: true });
    const version = `${ino} ${mtimeNs} ${size}`;
    if (this.#proven.get(path) === version) return;
    await this.#check(path);
    this.#proven.set(path, version, 1);
  }
}

export const checkSegment = async (path: string): Promise<void> => {
  const digits = parseSegmentKey(path.slice(path.lastIndexOf(`/${segmentsPrefix}`) + 1))?.digits;
  // A file of another name was not made by compact; the planner of an export refuses it.
  if (digits !== undefined && !(await sha256Of(path)).startsWith(digits))
    throw new Error(`The segment ${path} is damaged: its bytes do not have the hash that is in its name`);
};

/** What was copied out of folds was compared with their checksums, and passes too. */
export const checkObject = async (path: string): Promise<void> => {
  try {
    // The text is dropped piece by piece: only whether it is whole is asked.
    await pipeline(createReadStream(path), createGunzip(), async text => {
      for await (const _ of text);
    });
  } catch (error) {
    // What is not of zlib is a fault of reading, and says nothing of the bytes.
    if (!String((error as NodeJS.ErrnoException).code).startsWith('Z_')) throw error;
    throw new Error(
      `The object ${path} is damaged: its gzip is not whole. Restore it from a copy; "annals check" finds what else is`,
      { cause: error },
    );
  }
};

const sha256Of = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 }))
    hash.update(piece as Buffer);
  return hash.digest('hex');
};
