/**
 * Links to the files of exports, which need no other authorization and work for a few minutes: the
 * counterpart of S3's presigned links.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { EmbeddedS3 } from '#embedded/storage/s3.ts';
import { problem } from '#functions/http/answer.ts';
import { linkSeconds } from '#functions/http/find-export.ts';
import type { ServedAnswer } from './http-server.ts';

/** The first segment of their paths. */
export const linksRoot = 'results';

export class DownloadLinks {
  readonly #s3: EmbeddedS3;
  readonly #bucket: string;
  readonly #secret = randomBytes(32);
  constructor(s3: EmbeddedS3, bucket: string) {
    this.#s3 = s3;
    this.#bucket = bucket;
  }

  /** The link to an object, as a path with a query. */
  mint(key: string): string {
    const expires = String(Math.floor(Date.now() / 1000) + linkSeconds);
    const path = key.split('/').map(encodeURIComponent).join('/');
    return `/${linksRoot}/${path}?expires=${expires}&signature=${this.#sign(key, expires).toString('base64url')}`;
  }

  /** The object that a link names. */
  async open(
    key: string,
    { expires = '', signature = '' }: Readonly<Record<string, string>>,
  ): Promise<ServedAnswer> {
    const sent = Buffer.from(signature, 'base64url');
    const expected = this.#sign(key, expires);
    const isSigned = sent.length === expected.length && timingSafeEqual(sent, expected);
    if (!isSigned || Number(expires) * 1000 < Date.now())
      return problem('link_expired', 'The link is no longer valid; ask for a new one');
    const object = await this.#get(key);
    if (!object) return problem('expired', 'The file is no longer kept; ask for a new export');
    return {
      statusCode: 200,
      headers: {
        'content-type': object.ContentType ?? 'application/octet-stream',
        'content-length': String(object.ContentLength),
        'content-disposition': object.ContentDisposition ?? 'attachment',
        'cache-control': 'no-store',
      },
      body: object.Body,
    };
  }

  async #get(key: string): Promise<StoredFile | undefined> {
    try {
      return (await this.#s3.send(
        new GetObjectCommand({ Bucket: this.#bucket, Key: key }),
      )) as unknown as StoredFile;
    } catch (error) {
      if ((error as Error).name === 'NoSuchKey') return undefined;
      throw error;
    }
  }

  #sign(key: string, expires: string): Buffer {
    return createHmac('sha256', this.#secret).update(`${expires}\n${key}`).digest();
  }
}

type StoredFile = {
  Body: NodeJS.ReadableStream;
  ContentLength: number;
  ContentType?: string;
  ContentDisposition?: string;
};
