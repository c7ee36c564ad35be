/**
 * S3 buckets as directories. Checked against the API reference of November 2026.
 *
 * Serves: PutObject (If-None-Match: *, If-Match, SHA-256), GetObject, HeadObject, DeleteObject, ListObjectsV2
 * with pages in the order of UTF-8 keys, multipart uploads with CRC-32; GetObject and HeadObject return type
 * and disposition.
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
import { createReadStream } from 'node:fs';
import { link, open, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  UploadPartCommand,
  type UploadPartCommandInput,
} from '@aws-sdk/client-s3';
import { makeDirectory, syncDirectory, writeTemporary } from '#embedded/files.ts';
import { type Inventory, sizeOf } from './inventory.ts';
import { MultipartUpload } from './multipart-upload.ts';
import { type Headers, ObjectHeaders } from './object-headers.ts';
import {
  asBadRequest,
  asConflict,
  asMissing,
  asNoObject,
  asPrecondition,
  asUnavailable,
  exception,
  preconditionFailed,
} from './s3-errors.ts';
import { isPlainPart, listObjects } from './s3-list.ts';

type Upload = Headers & { Bucket: string; Key: string; path: string; file: MultipartUpload };

export class EmbeddedS3 {
  readonly #root: string;
  readonly #temporary: string;
  readonly #buckets: ReadonlySet<string>;
  readonly #headers: ObjectHeaders;
  /** For those buckets whose missing objects must be noticed. */
  readonly #inventories: ReadonlyMap<string, Inventory>;
  readonly #uploads = new Map<string, Upload>();
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
      return listObjects(this.#folderOf(Bucket), command.input);
    }
    if (command instanceof CreateMultipartUploadCommand) return this.#createUpload(command.input);
    if (command instanceof UploadPartCommand) return this.#uploadPart(command.input);
    if (command instanceof CompleteMultipartUploadCommand) return this.#completeUpload(command.input);
    if (command instanceof AbortMultipartUploadCommand) return this.#abortUpload(command.input.UploadId!);
    throw new Error(`The embedded S3 does not serve ${(command as object).constructor.name}`);
  }

  /** The file of an object. Throws if the key is not a plain path, whoever the caller is. */
  pathOf(bucket: string | undefined, key: string | undefined): string {
    const folder = this.#folderOf(bucket);
    const parts = (key ?? '').split('/');
    if (!parts.every(isPlainPart) || Buffer.byteLength(key!) > 1024)
      throw exception(400, 'InvalidArgument', 'The key is not a plain path');
    return join(folder, ...parts);
  }

  #folderOf(bucket: string | undefined): string {
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

  async #get({ Bucket, Key }: { Bucket?: string | undefined; Key?: string | undefined }): Promise<unknown> {
    const path = this.pathOf(Bucket, Key);
    const head = await this.#describe(Bucket!, Key!, path);
    const stream = createReadStream(path, { highWaterMark: 1024 * 1024 });
    // Opened before the answer, so that an object deleted meanwhile differs from one that exists.
    await new Promise((resolve, reject) => stream.once('open', resolve).once('error', reject)).catch(
      asMissing,
    );
    return { ...head, Body: Object.assign(stream, { transformToByteArray: () => collect(stream) }) };
  }

  async #head({ Bucket, Key }: { Bucket?: string | undefined; Key?: string | undefined }): Promise<unknown> {
    return this.#describe(Bucket!, Key!, this.pathOf(Bucket, Key));
  }

  async #describe(bucket: string, key: string, path: string) {
    const file = await stat(path, { bigint: true }).catch(asMissing);
    if (!file.isFile()) throw exception(404, 'NoSuchKey', 'There is no such object');
    return {
      $metadata: { httpStatusCode: 200 },
      ETag: `"${file.ino}-${file.mtimeNs}"`,
      ContentLength: Number(file.size),
      LastModified: new Date(Number(file.mtimeMs)),
      ...(await this.#headers.get(bucket, key)),
    };
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

  async #createUpload({
    Bucket,
    Key,
    ContentType,
    ContentDisposition,
  }: CreateMultipartUploadCommandInput): Promise<unknown> {
    const path = this.pathOf(Bucket, Key);
    const file = await MultipartUpload.open(this.#temporary);
    this.#uploads.set(file.id, { Bucket: Bucket!, Key: Key!, path, ContentType, ContentDisposition, file });
    return { $metadata: { httpStatusCode: 200 }, UploadId: file.id };
  }

  async #uploadPart({ UploadId, PartNumber, Body, ChecksumCRC32 }: UploadPartCommandInput): Promise<unknown> {
    const { file } = this.#requireUpload(UploadId);
    const ETag = await file.append(PartNumber!, Body as Uint8Array, ChecksumCRC32).catch(asBadRequest);
    return { $metadata: { httpStatusCode: 200 }, ETag };
  }

  async #completeUpload({
    UploadId,
    MultipartUpload,
    IfNoneMatch,
  }: CompleteMultipartUploadCommandInput): Promise<unknown> {
    const upload = this.#requireUpload(UploadId);
    const written = await upload.file.complete(MultipartUpload?.Parts ?? []).catch(asBadRequest);
    // If the condition does not hold, the upload stays until it is aborted.
    const etag = await this.#place(upload, upload.path, written, { ...upload, IfNoneMatch });
    this.#uploads.delete(UploadId!);
    await rm(written, { force: true });
    return { $metadata: { httpStatusCode: 200 }, ETag: etag };
  }

  async #abortUpload(id: string): Promise<unknown> {
    const { file } = this.#requireUpload(id);
    this.#uploads.delete(id);
    await file.abort();
    return { $metadata: { httpStatusCode: 204 } };
  }

  #requireUpload(id: string | undefined): Upload {
    const upload = this.#uploads.get(id ?? '');
    if (!upload) throw exception(404, 'NoSuchUpload', 'There is no such upload');
    return upload;
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

const etagOf = async (path: string): Promise<string | undefined> => {
  const file = await stat(path, { bigint: true }).catch(asNoObject);
  return file && `"${file.ino}-${file.mtimeNs}"`;
};

const requireChecksum = (body: Buffer, expected: string | undefined): void => {
  if (expected !== undefined && createHash('sha256').update(body).digest('base64') !== expected)
    throw exception(400, 'BadDigest', 'The SHA-256 that was sent is not that of the body');
};

const collect = async (stream: AsyncIterable<Buffer>): Promise<Uint8Array> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
};
