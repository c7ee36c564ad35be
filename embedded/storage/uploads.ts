/** The multipart uploads to the embedded buckets that are under way, by their ids. */
import { rm } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { MultipartUpload } from './multipart-upload.ts';
import type { Headers } from './object-headers.ts';
import { asBadRequest, exception } from './s3-errors.ts';

type Target = Headers & { Bucket: string; Key: string };
type Upload = Target & { file: MultipartUpload };

type UploadCommand =
  | CreateMultipartUploadCommand
  | UploadPartCommand
  | CompleteMultipartUploadCommand
  | AbortMultipartUploadCommand;

export const isUploadCommand = (command: unknown): command is UploadCommand =>
  command instanceof CreateMultipartUploadCommand ||
  command instanceof UploadPartCommand ||
  command instanceof CompleteMultipartUploadCommand ||
  command instanceof AbortMultipartUploadCommand;

export type UploadPlaces = {
  /** Throws if the key cannot be that of an object. */
  require(bucket: string | undefined, key: string | undefined): void;
  /** Gives a file its key if the condition holds; returns its ETag. */
  place(target: Target, written: string, ifNoneMatch: string | undefined): Promise<string>;
};

export class Uploads {
  readonly #temporary: string;
  readonly #places: UploadPlaces;
  readonly #uploads = new Map<string, Upload>();

  constructor(temporary: string, places: UploadPlaces) {
    this.#temporary = temporary;
    this.#places = places;
  }

  async serve(command: UploadCommand): Promise<unknown> {
    if (command instanceof CreateMultipartUploadCommand) return this.#create(command.input);
    if (command instanceof UploadPartCommand) return this.#append(command.input);
    if (command instanceof CompleteMultipartUploadCommand) return this.#complete(command.input);
    return this.#abort(command.input.UploadId!);
  }

  async #create(input: CreateMultipartUploadCommand['input']): Promise<unknown> {
    const { Bucket, Key, ContentType, ContentDisposition } = input;
    this.#places.require(Bucket, Key);
    const file = await MultipartUpload.open(this.#temporary);
    this.#uploads.set(file.id, { Bucket: Bucket!, Key: Key!, ContentType, ContentDisposition, file });
    return { $metadata: { httpStatusCode: 200 }, UploadId: file.id };
  }

  async #append(input: UploadPartCommand['input']): Promise<unknown> {
    const { UploadId, PartNumber, Body, ChecksumCRC32 } = input;
    const { file } = this.#require(UploadId);
    const ETag = await file.append(PartNumber!, Body as Uint8Array, ChecksumCRC32).catch(asBadRequest);
    return { $metadata: { httpStatusCode: 200 }, ETag };
  }

  async #complete(input: CompleteMultipartUploadCommand['input']): Promise<unknown> {
    const { UploadId, MultipartUpload, IfNoneMatch } = input;
    const upload = this.#require(UploadId);
    const written = await upload.file.complete(MultipartUpload?.Parts ?? []).catch(asBadRequest);
    // If the condition does not hold, the upload stays until it is aborted.
    const etag = await this.#places.place(upload, written, IfNoneMatch);
    this.#uploads.delete(UploadId!);
    await rm(written, { force: true });
    return { $metadata: { httpStatusCode: 200 }, ETag: etag };
  }

  async #abort(id: string): Promise<unknown> {
    const { file } = this.#require(id);
    this.#uploads.delete(id);
    await file.abort();
    return { $metadata: { httpStatusCode: 204 } };
  }

  #require(id: string | undefined): Upload {
    const upload = this.#uploads.get(id ?? '');
    if (!upload) throw exception(404, 'NoSuchUpload', 'There is no such upload');
    return upload;
  }
}
