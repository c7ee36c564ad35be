/**
 * The text of an object of the ledger, gzipped while it is still being gathered: each stretch of it becomes a gzip
 * member of its own, compressed beside the work that goes on. Members one after another are one gzip file
 * (RFC 1952 section 2.2), which Athena and DuckDB read whole. The same lines always give the same bytes.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

export const objectGzipLevel = 6;
const memberBytes = 512 * 1024;

export class ObjectText {
  readonly #hash = createHash('sha256');
  readonly #members: Promise<Buffer>[] = [];
  #lines: Buffer[] = [];
  #bytes = 0;

  /** Adds a line, its newline included. */
  add(line: Buffer): void {
    this.#lines.push(line);
    this.#bytes += line.length;
    if (this.#bytes >= memberBytes) this.#endMember();
  }

  #endMember(): void {
    const text = Buffer.concat(this.#lines, this.#bytes);
    this.#lines = [];
    this.#bytes = 0;
    this.#hash.update(text);
    const member = promisify(gzip)(text, { level: objectGzipLevel });
    // Awaited in the end; until then a failure must not count as unhandled.
    member.catch(() => undefined);
    this.#members.push(member);
  }

  /** The object's bytes, and the SHA-256 of its text in hex. */
  async end(): Promise<{ bytes: Buffer; textSha256: string }> {
    if (this.#bytes > 0) this.#endMember();
    return { bytes: Buffer.concat(await Promise.all(this.#members)), textSha256: this.#hash.digest('hex') };
  }
}
