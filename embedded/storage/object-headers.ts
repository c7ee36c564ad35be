/**
 * The headers of objects, in a tree of their own, so that a bucket's folder holds nothing but the objects'
 * bytes. They only name a file for a browser: if they are missing or damaged, the file has an ordinary name.
 */
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asAbsent, makeDirectory, writeDurably } from '#embedded/files.ts';

export type Headers = { ContentType?: string | undefined; ContentDisposition?: string | undefined };

/** The folder of all objects' headers, beside the buckets. */
export const headersFolder = '.headers';

export class ObjectHeaders {
  readonly #directory: string;
  readonly #temporary: string;

  constructor(root: string, temporary: string) {
    this.#directory = join(root, headersFolder);
    this.#temporary = temporary;
  }

  #path(bucket: string, key: string): string {
    return join(this.#directory, bucket, createHash('sha256').update(key).digest('hex'));
  }

  async put(bucket: string, key: string, { ContentType, ContentDisposition }: Headers): Promise<void> {
    // Nobody asks for the headers of the many small objects; what a browser downloads has a disposition.
    if (ContentDisposition === undefined) return;
    const path = this.#path(bucket, key);
    await makeDirectory(dirname(path));
    await writeDurably(this.#temporary, path, JSON.stringify({ ContentType, ContentDisposition }));
  }

  async get(bucket: string, key: string): Promise<Headers> {
    const text = await readFile(this.#path(bucket, key), 'utf8').catch(asAbsent);
    return text === undefined ? {} : parse(text);
  }

  async remove(bucket: string, key: string): Promise<void> {
    await rm(this.#path(bucket, key), { force: true });
  }
}

const parse = (text: string): Headers => {
  try {
    const { ContentType, ContentDisposition } = JSON.parse(text) as Record<keyof Headers, unknown>;
    return {
      ...(isHeader(ContentType) ? { ContentType } : {}),
      ...(isHeader(ContentDisposition) ? { ContentDisposition } : {}),
    };
  } catch {
    return {};
  }
};

const isHeader = (value: unknown): value is string =>
  typeof value === 'string' && /^[\x20-\x7e]{1,1024}$/.test(value);
