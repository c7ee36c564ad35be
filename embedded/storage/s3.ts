/**
 * S3 buckets as directories. Checked against the API reference of November 2026.
 *
 * Serves: PutObject (If-None-Match: *, If-Match, SHA-256), GetObject (Range, If-Match), HeadObject, DeleteObject
 * (If-Match), ListObjectsV2 with pages in the order of UTF-8 keys, multipart uploads with CRC-32; GetObject
 * and HeadObject return type and disposition.
 *
 * Refuses: every other command, loudly; a checksum that does not match; a key that is not a plain path (empty
 * parts, `.`, `..`, backslash, U+0000, parts of over 255 bytes), or that is both an object and a folder of
 * others; a put that replaces an object in a fold.
 *
 * Differs: no versions, no ACLs; ETags name the file and not its content; parts are taken only one after
 * another.
 *
 * Objects of closed days are in folds (folding.ts), many in one file; no caller sees a difference.
 *
 * An object is whole or absent: it is written under another name, synced, and then linked (which fails if the
 * key exists: that is If-None-Match) or renamed. Conditions on a version are decided one at a time.
 */
import { createHash } from 'node:crypto';
import { open, readFile, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  DeleteObjectCommand,
  type DeleteObjectCommandInput,
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
  type HeadObjectCommandInput,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { makeDirectory, syncDirectory, writeTemporary } from '#embedded/files.ts';
import { BucketFiles } from './bucket-files.ts';
import { removeFolded } from './fold-change.ts';
import type { ReportDamage } from './fold-file.ts';
import type { FoldInventory } from './fold-inventory.ts';
import { Folds, foldedDateOf, foldsFolder } from './folds.ts';
import type { Inventory } from './inventory.ts';
import { type Headers, ObjectHeaders } from './object-headers.ts';
import { type ReadableFiles, readableFiles } from './readable-files.ts';
import { asNoObject, asUnavailable, exception, noSuchKey, preconditionFailed } from './s3-errors.ts';
import { answerGet, describeObject } from './s3-get.ts';
import { isPlainPart, keysBelow, listObjects } from './s3-list.ts';
import { factsOfFile } from './stored-object.ts';
import { isUploadCommand, Uploads } from './uploads.ts';

export type Inventories = { objects: Inventory; folds: FoldInventory };

export type BucketOptions = {
  /** For those buckets whose missing objects must be noticed. */
  inventories?: ReadonlyMap<string, Inventories>;
  /** Told of folds of which something is missing. */
  reportDamage?: ReportDamage;
};

export class EmbeddedS3 {
  readonly #temporary: string;
  readonly #buckets: ReadonlyMap<string, BucketFiles>;
  readonly #headers: ObjectHeaders;
  readonly #options: BucketOptions;
  readonly #uploads: Uploads;
  /** The current write of each key, so that conditions are decided one after another. */
  readonly #queues = new Map<string, Promise<unknown>>();

  /**
   * A bucket is a folder of `root`; `temporary` is on the same file system and may be emptied at any start.
   */
  constructor(root: string, temporary: string, buckets: readonly string[], options: BucketOptions = {}) {
    this.#temporary = temporary;
    this.#options = options;
    this.#buckets = new Map(
      buckets.map(name => {
        const folds = new Folds(join(root, foldsFolder, name), options.reportDamage);
        return [name, new BucketFiles(join(root, name), folds)];
      }),
    );
    this.#headers = new ObjectHeaders(root, temporary);
    this.#uploads = new Uploads(temporary, {
      require: (bucket, key) => void this.pathOf(bucket, key),
      place: (upload, written, IfNoneMatch) =>
        this.#place(upload, this.pathOf(upload.Bucket, upload.Key), written, { ...upload, IfNoneMatch }),
    });
  }

  async open(): Promise<void> {
    for (const { folder } of this.#buckets.values()) await makeDirectory(folder);
  }

  send(command: unknown): Promise<unknown> {
    return this.#serve(command).catch(asUnavailable);
  }

  async #serve(command: unknown): Promise<unknown> {
    if (command instanceof PutObjectCommand) return this.#put(command.input);
    if (command instanceof GetObjectCommand) return this.#get(command.input);
    if (command instanceof HeadObjectCommand) return this.#head(command.input);
    if (command instanceof DeleteObjectCommand) return this.#delete(command.input);
    if (command instanceof ListObjectsV2Command)
      return listObjects(this.filesOf(command.input.Bucket), command.input);
    if (isUploadCommand(command)) return this.#uploads.serve(command);
    throw new Error(`The embedded S3 does not serve ${(command as object).constructor.name}`);
  }

  /**
   * The file of an object that is not in a fold. Throws if the key is not a plain path, whoever the caller is.
   */
  pathOf(bucket: string | undefined, key: string | undefined): string {
    const files = this.filesOf(bucket);
    if (!(key ?? '').split('/').every(isPlainPart) || Buffer.byteLength(key!) > 1024)
      throw exception(400, 'InvalidArgument', 'The key is not a plain path');
    return files.pathOf(key!);
  }

  /** Where an object is, for messages: its file, or the file of its fold. */
  placeOf(bucket: string, key: string): string {
    return this.filesOf(bucket).placeOf(key);
  }

  /** For folding: the files of a bucket. */
  filesOf(bucket: string | undefined): BucketFiles {
    const files = this.#buckets.get(bucket ?? '');
    if (!files) throw exception(404, 'NoSuchBucket', `There is no bucket "${bucket}"`);
    return files;
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
    const files = this.filesOf(Bucket);
    return this.#oneAtATime(path, async () => {
      await files.folders.make(dirname(path));
      if (IfMatch !== undefined && (await etagOf(path)) !== IfMatch) throw preconditionFailed();
      await files.requireUnfolded(Key!, IfNoneMatch);
      if (ContentType !== undefined || ContentDisposition !== undefined)
        await this.#headers.put(Bucket!, Key!, { ContentType, ContentDisposition });
      await files.folders.give(written, path, IfNoneMatch === '*');
      await syncDirectory(dirname(path));
      const { etag, bytes } = (await factsOfFile(path))!;
      await this.#options.inventories?.get(Bucket!)?.objects.add({ key: Key!, bytes });
      return etag;
    });
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

  async #get({ Bucket, Key, ...conditions }: GetObjectCommandInput): Promise<unknown> {
    this.pathOf(Bucket, Key);
    const object = await this.filesOf(Bucket).open(Key!);
    if (!object) throw noSuchKey();
    return answerGet(object, conditions, () => this.#headers.get(Bucket!, Key!));
  }

  async #head({ Bucket, Key }: HeadObjectCommandInput): Promise<unknown> {
    this.pathOf(Bucket, Key);
    const facts = await this.filesOf(Bucket).facts(Key!);
    if (!facts) throw noSuchKey();
    return { ...describeObject(facts), ...(await this.#headers.get(Bucket!, Key!)) };
  }

  /** The folder of a bucket, in which the files of its objects are. */
  folderOf(bucket: string): string {
    return this.filesOf(bucket).folder;
  }

  /** For readers in this process: the keys that ListObjectsV2 lists, without pages. */
  async *keysBelow(bucket: string, prefix: string, after: string): AsyncGenerator<string> {
    for await (const { key } of keysBelow(this.filesOf(bucket), prefix, after)) yield key;
  }

  /** Undefined if there is no such object. */
  async sizeOf(bucket: string, key: string): Promise<number | undefined> {
    return (await this.filesOf(bucket).facts(key))?.bytes;
  }

  /**
   * Files that together hold the bytes of these objects and nothing else, for a reader of files such as
   * DuckDB. The folders of a key end the folders of its file, so that Hive partitions are read from the path.
   * Several objects may share a file, each a gzip member of its own. A key without an object gives a path
   * without a file. The files may be read until `release` is called.
   */
  async pathsOf(bucket: string, keys: readonly string[]): Promise<ReadableFiles> {
    for (const key of keys) this.pathOf(bucket, key);
    return readableFiles(this.filesOf(bucket), this.#temporary, keys);
  }

  async #delete({ Bucket, Key, IfMatch }: DeleteObjectCommandInput): Promise<unknown> {
    const path = this.pathOf(Bucket, Key);
    const files = this.filesOf(Bucket);
    const remove = async (): Promise<void> => {
      if (IfMatch !== undefined && (await etagOf(path)) !== IfMatch) throw preconditionFailed();
      await unlink(path);
      await syncDirectory(dirname(path));
      await this.#headers.remove(Bucket!, Key!);
    };
    const removeOwn = () => this.#oneAtATime(path, () => remove().catch(asNoObject));
    if (foldedDateOf(Key!) === undefined) await removeOwn();
    else
      await files.folds.exclusively(async () => {
        const inventory = this.#options.inventories?.get(Bucket!)?.folds;
        await removeFolded({ files, temporary: this.#temporary, inventory }, Key!);
        await removeOwn();
      });
    return { $metadata: { httpStatusCode: 204 } };
  }

  /** For folding: deletes the file of an object, if its fold holds the same bytes. */
  async dropFile(bucket: string, key: string): Promise<void> {
    const files = this.filesOf(bucket);
    const path = this.pathOf(bucket, key);
    await this.#oneAtATime(path, async () => {
      const folded = await files.folds.read(key);
      const own = await readFile(path).catch(asNoObject);
      if (own && folded?.bytes.equals(own)) await unlink(path);
      else if (own) throw new Error(`The file ${path} is not what its fold holds; both are kept`);
    });
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

const requireChecksum = (body: Buffer, expected: string | undefined): void => {
  if (expected !== undefined && createHash('sha256').update(body).digest('base64') !== expected)
    throw exception(400, 'BadDigest', 'The SHA-256 that was sent is not that of the body');
};
