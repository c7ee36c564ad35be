/**
 * The text of an object of the ledger, gzipped while it is still being gathered: each stretch of it becomes a gzip
 * member of its own, compressed beside the work that goes on. Members one after another are one gzip file
 * (RFC 1952 section 2.2), which Athena and DuckDB read whole. The same lines always give the same bytes.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { filedRowBytes, fileRow } from '#domain/row.ts';
import type { Instant } from '#domain/time.ts';

export const objectGzipLevel = 6;
/** Small enough that compressing begins early and leaves little for the end; eight times the window of deflate. */
const memberBytes = 256 * 1024;

export class ObjectText {
  readonly #hash = createHash('sha256');
  readonly #members: Promise<Buffer>[] = [];
  #text = Buffer.allocUnsafe(memberBytes);
  #bytes = 0;

  /** Adds a row with its `filed_at`. */
  add(line: Buffer, filedAt: Instant): void {
    const needed = filedRowBytes(line);
    if (this.#bytes + needed > this.#text.length) this.#endMember(needed);
    this.#bytes = fileRow(this.#text, this.#bytes, line, filedAt);
  }

  #endMember(nextBytes: number): void {
    const text = this.#text.subarray(0, this.#bytes);
    this.#text = Buffer.allocUnsafe(Math.max(memberBytes, nextBytes));
    this.#bytes = 0;
    if (text.length === 0) return;
    this.#hash.update(text);
    const member = promisify(gzip)(text, { level: objectGzipLevel });
    // Awaited in the end; until then a failure must not count as unhandled.
    member.catch(() => undefined);
    this.#members.push(member);
  }

  /** The object's bytes, and the SHA-256 of its text in hex. */
  async end(): Promise<{ bytes: Buffer; textSha256: string }> {
    this.#endMember(0);
    return { bytes: Buffer.concat(await Promise.all(this.#members)), textSha256: this.#hash.digest('hex') };
  }
}
