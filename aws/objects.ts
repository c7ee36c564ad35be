/**
 * One S3 bucket. Every put carries a SHA-256 that S3 verifies, and a condition: it either creates an object
 * or replaces the version that was read, so nothing is overwritten unseen. 412 (the condition does not hold)
 * is an answer; 409 (a concurrent write) is retried, as S3's page on conditional writes advises.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { type Backoff, pause } from '#domain/backoff.ts';
import { systemBackoff } from './backoff.ts';

/** S3 requires parts of at least 5 MiB, except for the last one, and accepts at most 10,000 parts. */
const firstPartBytes = 8 * 1024 * 1024;
const partsOfOneSize = 1000;
/** S3 lists at most this many keys per page. */
const maxListedKeys = 1000;

/** `place` is the object's address, for messages. */
export type StoredObject = { bytes: Buffer; etag: string; place: string; writtenAt: Date };
/** A stand-in that keeps objects in files can say in which. */
export type ObjectsClient = Pick<S3Client, 'send'> & { placeOf?(bucket: string, key: string): string };
export type ListedObject = { key: string; bytes: number; etag: string; writtenAt: Date };
export type PutOptions = { contentType?: string; contentDisposition?: string };

export class Objects {
  readonly bucket: string;
  readonly #client: ObjectsClient;
  readonly #backoff: Backoff;

  constructor(client: ObjectsClient, bucket: string, backoff: Backoff) {
    this.#client = client;
    this.bucket = bucket;
    this.#backoff = backoff;
  }

  async get(key: string): Promise<StoredObject | undefined> {
    try {
      const output = await this.#client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
      const bytes = Buffer.from(await output.Body!.transformToByteArray());
      return { bytes, etag: output.ETag!, place: this.placeOf(key), writtenAt: output.LastModified! };
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
  }

  /** Where an object is, for messages: an S3 address or the path of a file. */
  placeOf(key: string): string {
    return this.#client.placeOf?.(this.bucket, key) ?? `s3://${this.bucket}/${key}`;
  }

  /**
   * The bytes from `start` up to `end` of the version with this ETag, and the size of the whole; undefined if that
   * version is no longer stored.
   */
  async range(
    key: string,
    { start, end, etag }: { start: number; end: number; etag: string },
  ): Promise<{ bytes: Buffer; size: number } | undefined> {
    const Range = `bytes=${start}-${end - 1}`;
    try {
      const output = await this.#client.send(
        new GetObjectCommand({ Bucket: this.bucket, Key: key, Range, IfMatch: etag }),
      );
      const bytes = Buffer.from(await output.Body!.transformToByteArray());
      return { bytes, size: Number(output.ContentRange?.split('/')[1]) };
    } catch (error) {
      if ([404, 412, 416].some(status => hasStatus(error, status))) return undefined;
      throw error;
    }
  }

  /** The bytes of an existing object, in pieces. */
  async read(key: string): Promise<AsyncIterable<Buffer>> {
    const output = await this.#client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
    return output.Body as unknown as AsyncIterable<Buffer>;
  }

  /** The size of an object in bytes; undefined if it does not exist. */
  async size(key: string): Promise<number | undefined> {
    try {
      return (await this.#client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key })))
        .ContentLength;
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
  }

  /** Creates an object; returns `exists` if the key is taken. */
  async create(key: string, bytes: Buffer, options: PutOptions = {}): Promise<'created' | 'exists'> {
    return (await this.#put(key, bytes, { IfNoneMatch: '*' }, options)) ? 'created' : 'exists';
  }

  /**
   * Replaces the version with this `etag`, or creates the object if `etag` is undefined; returns false if
   * another version is stored.
   */
  replace(key: string, bytes: Buffer, etag: string | undefined): Promise<boolean> {
    return this.#put(key, bytes, etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: etag }, {});
  }

  async delete(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key }));
  }

  /**
   * Deletes the version with this `etag`; returns false if it is not stored.
   * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
   */
  async deleteVersion(key: string, etag: string): Promise<boolean> {
    try {
      await this.#client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key, IfMatch: etag }));
      return true;
    } catch (error) {
      if ([404, 409, 412].some(status => hasStatus(error, status))) return false;
      throw error;
    }
  }

  /**
   * Lists the objects below a prefix and after a key, in the order of keys (UTF-8), at most `atMost`, page by
   * page.
   */
  async *list(prefix: string, startAfter?: string, atMost = Infinity): AsyncGenerator<ListedObject> {
    let token: string | undefined;
    let left = atMost;
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.bucket,
          Prefix: prefix,
          ContinuationToken: token,
          StartAfter: token === undefined ? startAfter : undefined,
          MaxKeys: left < maxListedKeys ? left : undefined,
        }),
      );
      for (const { Key, Size, ETag, LastModified } of page.Contents ?? [])
        yield { key: Key!, bytes: Size ?? 0, etag: ETag!, writtenAt: LastModified! };
      left -= page.Contents?.length ?? 0;
      token = page.NextContinuationToken;
    } while (token !== undefined && left > 0);
  }

  /**
   * Creates an object from pieces of any size, holding little more than one part in memory. Parts are sent
   * one after another.
   */
  async createFrom(
    key: string,
    pieces: AsyncIterable<Buffer>,
    options: PutOptions = {},
  ): Promise<'created' | 'exists'> {
    const target = { Bucket: this.bucket, Key: key };
    const started = await this.#client.send(
      new CreateMultipartUploadCommand({ ...target, ...headers(options), ChecksumAlgorithm: 'CRC32' }),
    );
    const upload = { ...target, UploadId: started.UploadId };
    const parts: CompletedPart[] = [];
    const send = async (part: Buffer): Promise<void> => {
      const PartNumber = parts.length + 1;
      const ChecksumCRC32 = crc32Of(part);
      const command = new UploadPartCommand({ ...upload, PartNumber, Body: part, ChecksumCRC32 });
      const { ETag } = await this.#client.send(command);
      parts.push({ PartNumber, ETag, ChecksumCRC32 });
    };
    // One part is sent while the next is gathered.
    let sending: Promise<void> = Promise.resolve();
    try {
      for await (const part of inParts(pieces)) {
        await sending;
        sending = send(part);
        // Awaited before the next part or at the end; until then a failure must not count as unhandled.
        sending.catch(() => undefined);
      }
      await sending;
      return (await this.#conditionally(() =>
        this.#client.send(
          new CompleteMultipartUploadCommand({
            ...upload,
            MultipartUpload: { Parts: parts },
            IfNoneMatch: '*',
          }),
        ),
      ))
        ? 'created'
        : await this.#abort(upload, 'exists');
    } catch (error) {
      await sending.catch(() => undefined);
      // A failed abort loses nothing: a lifecycle rule removes what it leaves.
      await this.#abort(upload, undefined).catch(() => undefined);
      throw error;
    }
  }

  async #abort<T>(
    upload: { Bucket: string; Key: string; UploadId: string | undefined },
    result: T,
  ): Promise<T> {
    await this.#client.send(new AbortMultipartUploadCommand(upload));
    return result;
  }

  #put(
    key: string,
    bytes: Buffer,
    condition: { IfNoneMatch?: string; IfMatch?: string },
    options: PutOptions,
  ): Promise<boolean> {
    const command = () =>
      new PutObjectCommand({
        Bucket: this.bucket,
        Key: key,
        Body: bytes,
        ChecksumSHA256: sha256(bytes),
        ...condition,
        ...headers(options),
      });
    return this.#conditionally(() => this.#client.send(command()));
  }

  /** True if the put was done, false if its condition did not hold. */
  async #conditionally(put: () => Promise<unknown>): Promise<boolean> {
    for (let attempt = 0; ; attempt++) {
      try {
        await put();
        return true;
      } catch (error) {
        if (hasStatus(error, 412)) return false;
        if (!hasStatus(error, 409) || attempt === this.#backoff.maxAttempts) throw error;
        await pause(this.#backoff, attempt);
      }
    }
  }
}

const headers = ({ contentType, contentDisposition }: PutOptions) => ({
  ...(contentType === undefined ? {} : { ContentType: contentType }),
  ...(contentDisposition === undefined ? {} : { ContentDisposition: contentDisposition }),
});

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64');

/**
 * The checksum of a part; S3 expects its four bytes in base64. The whole file has its SHA-256 in the
 * manifest.
 */
const crc32Of = (bytes: Buffer): string => {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(bytes));
  return checksum.toString('base64');
};

/**
 * The pieces as parts, copied into two buffers by turns: a part may be used until the one after the next is asked
 * for. Parts grow, so that 10,000 of them can hold the largest object that S3 accepts.
 */
async function* inParts(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const buffers: Buffer[] = [];
  let parts = 0;
  let filled = 0;
  const current = (): Buffer => {
    const bytes = firstPartBytes * (1 + Math.floor(parts / partsOfOneSize));
    if (buffers[parts % 2]?.length !== bytes) buffers[parts % 2] = Buffer.allocUnsafeSlow(bytes);
    return buffers[parts % 2]!;
  };
  for await (const piece of pieces)
    for (let at = 0; at < piece.length; ) {
      const part = current();
      const copied = piece.copy(part, filled, at);
      at += copied;
      filled += copied;
      if (filled < part.length) continue;
      yield part;
      filled = 0;
      parts++;
    }
  if (filled > 0 || parts === 0) yield current().subarray(0, filled);
}

/** Opens a bucket by name. */
export const openBucket = (client: ObjectsClient, bucket: string): Objects =>
  new Objects(client, bucket, systemBackoff);

/** Whether an error is the service's response with this HTTP status. */
export const hasStatus = (error: unknown, status: number): boolean =>
  (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode === status;
