/**
 * A multipart upload to an embedded bucket: parts go to the end of one file, one after another, so that
 * completing the upload moves a file and copies nothing. A part out of turn is refused.
 */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { CompletedPart } from '@aws-sdk/client-s3';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const minPartBytes = 5 * 1024 * 1024;

/** Why a part or an upload is refused, by S3's name for it. */
export class UploadRefused extends Error {
  constructor(name: 'InvalidPart' | 'EntityTooSmall' | 'BadDigest' | 'MalformedXML', message: string) {
    super(message);
    this.name = name;
  }
}

export class MultipartUpload {
  readonly id = randomUUID();
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #parts: { etag: string; bytes: number }[] = [];
  /** Keeps the disk busy while the next part is made, so that the last sync has little left to do. */
  #syncing: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  static async open(temporary: string): Promise<MultipartUpload> {
    const path = join(temporary, randomUUID());
    return new MultipartUpload(path, await open(path, 'wx', 0o600));
  }

  /** Takes the next part; returns its ETag. */
  async append(partNumber: number, body: Uint8Array, checksumCrc32: string | undefined): Promise<string> {
    if (partNumber !== this.#parts.length + 1)
      throw new UploadRefused('InvalidPart', `Expected part ${this.#parts.length + 1}, got ${partNumber}`);
    if (checksumCrc32 !== undefined && Buffer.from(checksumCrc32, 'base64').readUInt32BE() !== crc32(body))
      throw new UploadRefused('BadDigest', 'The CRC-32 that was sent is not that of the part');
    for (let written = 0; written < body.length; )
      written += (await this.#handle.write(body, written, body.length - written)).bytesWritten;
    await this.#syncing;
    this.#syncing = this.#handle.datasync();
    this.#syncing.catch(() => undefined);
    const etag = `"${randomUUID()}"`;
    this.#parts.push({ etag, bytes: body.length });
    return etag;
  }

  /** Ends the upload with the listed parts, which must be all; returns the file, complete and synced. */
  async complete(listed: readonly CompletedPart[]): Promise<string> {
    if (listed.length === 0) throw new UploadRefused('MalformedXML', 'An upload has at least one part');
    const isAll =
      listed.length === this.#parts.length &&
      listed.every(({ PartNumber, ETag }, at) => PartNumber === at + 1 && ETag === this.#parts[at]!.etag);
    if (!isAll) throw new UploadRefused('InvalidPart', 'The parts listed are not those that were uploaded');
    if (this.#parts.slice(0, -1).some(({ bytes }) => bytes < minPartBytes))
      throw new UploadRefused('EntityTooSmall', `All parts but the last have at least ${minPartBytes} bytes`);
    // A repeat, after a lost answer or a condition that did not hold, finds it unchanged.
    if (this.#isClosed) return this.#path;
    await this.#syncing;
    await this.#handle.sync();
    await this.#close();
    return this.#path;
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#handle.close();
  }

  async abort(): Promise<void> {
    await this.#syncing.catch(() => undefined);
    await this.#close();
    await rm(this.#path, { force: true });
  }
}
