/**
 * S3 buckets as directories. Checked against the API reference of November 2026.
 *
 * Serves: PutObject (If-None-Match: *, If-Match, SHA-256), GetObject (Range, If-Match), HeadObject,
 * DeleteObject, ListObjectsV2 with pages in the order of UTF-8 keys, multipart uploads with CRC-32; GetObject
 * and HeadObject return type and disposition.
 *
 * Refuses: every other command, loudly; a checksum that does not match; a key that is not a plain path (empty
 * parts, `.`, `..`, backslash, U+0000, parts of over 255 bytes), or that is both an object and a folder of
 * others.
 *
 * Differs: no versions, no ACLs; ETags name the file and not its content; parts are taken only one after
 * another.
 *
 * An object is whole or absent: it is written under another name, synced, and then linked (which fails if the
 * key exists: that is If-None-Match) or renamed. Conditions on a version are decided one at a time.
 */
import { createHash } from 'node:crypto';
import { link, open, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { makeDirectory, syncDirectory, writeTemporary } from '#embedded/files.ts';
import { byteRange, contentRange } from './byte-range.ts';
import { type Inventory, sizeOf } from './inventory.ts';
import { type Headers, ObjectHeaders } from './object-headers.ts';
import {
  asConflict,
  asNoObject,
  asPrecondition,
  asUnavailable,
  exception,
  noSuchKey,
  preconditionFailed,
} from './s3-errors.ts';
import { isPlainPart, keysBelow, listObjects } from './s3-list.ts';
import { factsOfFile, type ObjectFacts, openFile } from './stored-object.ts';
import { isUploadCommand, Uploads } from './uploads.ts';

/** See `EmbeddedS3.pathsOf`. */
export type ReadableFiles = { paths: string[]; release(): Promise<void> };

export class EmbeddedS3 {
  readonly #root: string;
  readonly #temporary: string;
  readonly #buckets: ReadonlySet<string>;
  readonly #headers: ObjectHeaders;
  /** For those buckets whose missing objects must be noticed. */
  readonly #inventories: ReadonlyMap<string, Inventory>;
  readonly #uploads: Uploads;
  /** The current write of each key, so that conditions are decided one after another. */
  readonly #queues = new Map<string, Promise<unknown>>();
  readonly #knownDirectories = new Set<string>();

  /**
   * A bucket is a folder of `root`; `temporary` is on the same file system and may be emptied at any start.
   */
  constructor(
    root: string,
    temporary: string,
    buckets: readonly string[],
    inventories: ReadonlyMap<string, Inventory> = new Map(),
  ) {
    this.#root = root;
    this.#temporary = temporary;
    this.#buckets = new Set(buckets);
    this.#headers = new ObjectHeaders(root, temporary);
    this.#inventories = inventories;
    this.#uploads = new Uploads(temporary, {
      require: (bucket, key) => void this.pathOf(bucket, key),
      place: (upload, written, IfNoneMatch) =>
        this.#place(upload, this.pathOf(upload.Bucket, upload.Key), written, { ...upload, IfNoneMatch }),
    });
  }

  async open(): Promise<void> {
    for (const bucket of this.#buckets) await makeDirectory(join(this.#root, bucket));
  }

  send(command: unknown): Promise<unknown> {
    return this.#serve(command).catch(asUnavailable);
  }

  async #serve(command: unknown): Promise<unknown> {
    if (command instanceof PutObjectCommand) return this.#put(command.input);
    if (command instanceof GetObjectCommand) return this.#get(command.input);
    if (command instanceof HeadObjectCommand) return this.#head(command.input);
    if (command instanceof DeleteObjectCommand) return this.#delete(command.input);
    if (command instanceof ListObjectsV2Command) {
      const { Bucket } = command.input;
      return listObjects(this.folderOf(Bucket), command.input);
    }
    if (isUploadCommand(command)) return this.#uploads.serve(command);
    throw new Error(`The embedded S3 does not serve ${(command as object).constructor.name}`);
  }

  /** The file of an object. Throws if the key is not a plain path, whoever the caller is. */
  pathOf(bucket: string | undefined, key: string | undefined): string {
    const folder = this.folderOf(bucket);
    const parts = (key ?? '').split('/');
    if (!parts.every(isPlainPart) || Buffer.byteLength(key!) > 1024)
      throw exception(400, 'InvalidArgument', 'The key is not a plain path');
    return join(folder, ...parts);
  }

  /** The folder of a bucket. */
  folderOf(bucket: string | undefined): string {
    if (bucket === undefined || !this.#buckets.has(bucket))
      throw exception(404, 'NoSuchBucket', `There is no bucket "${bucket}"`);
    return join(this.#root, bucket);
  }

  async #put(input: PutObjectCommandInput): Promise<unknown> {
    const path = this.pathOf(input.Bucket, input.Key);
    const body = input.Body as Buffer;
    requireChecksum(body, input.ChecksumSHA256);
    const written = await writeTemporary(this.#temporary, body);
    try {
      return { $metadata: { httpStatusCode: 200 }, ETag: await this.#place(input, path, written, input) };
    } finally {
      await rm(written, { force: true });
    }
  }

  /** Gives a written file its key, if the conditions hold. */
  async #place(
    { Bucket, Key }: { Bucket?: string | undefined; Key?: string | undefined },
    path: string,
    written: string,
    {
      IfNoneMatch,
      IfMatch,
      ContentType,
      ContentDisposition,
    }: { IfNoneMatch?: string | undefined; IfMatch?: string | undefined } & Headers,
  ): Promise<string> {
    return this.#oneAtATime(path, async () => {
      await this.#makeDirectoryOf(path);
      if (IfMatch !== undefined && (await etagOf(path)) !== IfMatch) throw preconditionFailed();
      if (ContentType !== undefined || ContentDisposition !== undefined)
        await this.#headers.put(Bucket!, Key!, { ContentType, ContentDisposition });
      if (IfNoneMatch === '*') await link(written, path).catch(asPrecondition);
      else await rename(written, path).catch(asConflict);
      await syncDirectory(dirname(path));
      await this.#inventories.get(Bucket!)?.add({ key: Key!, bytes: (await sizeOf(path))! });
      return (await etagOf(path))!;
    });
  }

  async #makeDirectoryOf(path: string): Promise<void> {
    const directory = dirname(path);
    if (this.#knownDirectories.has(directory)) return;
    await makeDirectory(directory).catch(asConflict);
    this.#knownDirectories.add(directory);
  }

  async #oneAtATime<T>(path: string, work: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(path) ?? Promise.resolve();
    const result = before.then(work, work);
    this.#queues.set(path, result);
    try {
      return await result;
    } finally {
      if (this.#queues.get(path) === result) this.#queues.delete(path);
    }
  }

  async #get({ Bucket, Key, Range, IfMatch }: GetObjectCommandInput): Promise<unknown> {
    const object = await openFile(this.pathOf(Bucket, Key));
    if (!object) throw noSuchKey();
    try {
      if (IfMatch !== undefined && IfMatch !== object.etag) throw preconditionFailed();
      const range = byteRange(Range, object.bytes);
      const head = { ...describe(object), ...(await this.#headers.get(Bucket!, Key!)) };
      const stream = object.read(range);
      return {
        ...head,
        ...(range && {
          $metadata: { httpStatusCode: 206 },
          ContentLength: range.last - range.first + 1,
          ContentRange: contentRange(range, object.bytes),
        }),
        Body: Object.assign(stream, { transformToByteArray: () => collect(stream) }),
      };
    } catch (error) {
      await object.close();
      throw error;
    }
  }

  async #head({ Bucket, Key }: { Bucket?: string | undefined; Key?: string | undefined }): Promise<unknown> {
    const facts = await factsOfFile(this.pathOf(Bucket, Key));
    if (!facts) throw noSuchKey();
    return { ...describe(facts), ...(await this.#headers.get(Bucket!, Key!)) };
  }

  /** For readers in this process: the keys that ListObjectsV2 lists, without pages. */
  keysBelow(bucket: string, prefix: string, after: string): AsyncIterable<string> {
    return keysBelow(this.folderOf(bucket), prefix, after);
  }

  /** Undefined if there is no such object. */
  async sizeOf(bucket: string, key: string): Promise<number | undefined> {
    return (await factsOfFile(this.pathOf(bucket, key)))?.bytes;
  }

  /**
   * Files that together hold the bytes of these objects and nothing else, for a reader of files such as
   * DuckDB. The folders of a key end the folders of its file, so that Hive partitions are read from the path.
   * Several objects may share a file, each a gzip member of its own. A key without an object gives a path
   * without a file. The files may be read until `release` is called.
   */
  async pathsOf(bucket: string, keys: readonly string[]): Promise<ReadableFiles> {
    return { paths: keys.map(key => this.pathOf(bucket, key)), release: async () => undefined };
  }

  async #delete({
    Bucket,
    Key,
  }: {
    Bucket?: string | undefined;
    Key?: string | undefined;
  }): Promise<unknown> {
    const path = this.pathOf(Bucket, Key);
    const remove = async (): Promise<void> => {
      await unlink(path);
      await syncDirectory(dirname(path));
      await this.#headers.remove(Bucket!, Key!);
    };
    await this.#oneAtATime(path, () => remove().catch(asNoObject));
    return { $metadata: { httpStatusCode: 204 } };
  }

  /** For the embedded Athena: gives a file that it has written its key, as its own put would. */
  async adopt(bucket: string, key: string, written: string): Promise<void> {
    const handle = await open(written, 'r+');
    await handle.sync();
    await handle.close();
    try {
      await this.#place({ Bucket: bucket, Key: key }, this.pathOf(bucket, key), written, {});
    } finally {
      await rm(written, { force: true });
    }
  }
}

const etagOf = async (path: string): Promise<string | undefined> => (await factsOfFile(path))?.etag;

const describe = ({ etag, bytes, writtenAt }: ObjectFacts) => ({
  $metadata: { httpStatusCode: 200 },
  ETag: etag,
  ContentLength: bytes,
  LastModified: writtenAt,
});

const requireChecksum = (body: Buffer, expected: string | undefined): void => {
  if (expected !== undefined && createHash('sha256').update(body).digest('base64') !== expected)
    throw exception(400, 'BadDigest', 'The SHA-256 that was sent is not that of the body');
};

const collect = async (stream: AsyncIterable<Buffer>): Promise<Uint8Array> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
};
