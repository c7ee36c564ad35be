/**
 * The text of an object of the ledger, gzipped while it is gathered: each stretch is compressed concurrently
 * and ends at a whole byte. The stretches form one gzip member (RFC 1952, section 2.3), since readers of
 * Athena's family have read files of several members only in part, without an error; see
 * docs/decisions/0010-one-gzip-member.md. Within one process the same lines always give the same bytes.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';
import { filedRowBytes, fileRow } from '#domain/archive/row.ts';
import type { Instant } from '#domain/time.ts';

export const objectGzipLevel = 6;
/**
 * Small enough that compression starts early and little is left for the end; eight times the window of
 * deflate.
 */
export const stretchBytes = 256 * 1024;

/** Deflate, no flags, no time, no extra flags, unknown operating system: the same on every machine. */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

export class ObjectText {
  readonly #hash = createHash('sha256');
  readonly #stretches: Promise<Buffer>[] = [];
  #text = Buffer.allocUnsafe(stretchBytes);
  /** How much of `#text` is filled. */
  #bytes = 0;
  /** Covers all text before `#text`. */
  #crc = 0;
  #textBytes = 0;

  /** Adds a row with its `filed_at`. */
  add(line: Buffer, filedAt: Instant): void {
    const needed = filedRowBytes(line);
    if (this.#bytes > 0 && this.#bytes + needed > this.#text.length) this.#endStretch(constants.Z_SYNC_FLUSH);
    if (needed > this.#text.length) this.#text = Buffer.allocUnsafe(needed);
    this.#bytes = fileRow(this.#text, this.#bytes, line, filedAt);
  }

  #endStretch(finishFlush: number): void {
    const text = this.#text.subarray(0, this.#bytes);
    this.#text = Buffer.allocUnsafe(stretchBytes);
    this.#bytes = 0;
    this.#hash.update(text);
    this.#crc = crc32(text, this.#crc);
    this.#textBytes += text.length;
    const stretch = promisify(deflateRaw)(text, { level: objectGzipLevel, finishFlush });
    // Awaited at the end; until then a failure must not count as unhandled.
    stretch.catch(() => undefined);
    this.#stretches.push(stretch);
  }

  /** Returns the object's bytes, and the SHA-256 of its text in hex. */
  async end(): Promise<{ bytes: Buffer; textSha256: string }> {
    this.#endStretch(constants.Z_FINISH);
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(this.#crc, 0);
    trailer.writeUInt32LE(this.#textBytes % 2 ** 32, 4);
    const bytes = Buffer.concat([header, ...(await Promise.all(this.#stretches)), trailer]);
    return { bytes, textSha256: this.#hash.digest('hex') };
  }
}
