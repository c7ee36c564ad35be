/** A bucket in memory that keeps S3's conditions, and can be made to fail before or after any request. */
import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Objects } from '#aws/objects.ts';
import { quietBackoff } from './world.ts';

const status = (httpStatusCode: number) =>
  Object.assign(new Error(`status ${httpStatusCode}`), { $metadata: { httpStatusCode } });

export type StoredBytes = { bytes: Buffer; etag: string };
/** Called before and after each request; may throw. */
export type OnRequest = (when: 'before' | 'after', operation: string, key: string) => void | Promise<void>;

let versions = 0;

export const memoryBucket = (
  name: string,
  stored = new Map<string, StoredBytes>(),
  onRequest: OnRequest = () => undefined,
) => {
  const answer = (command: unknown): unknown => {
    if (command instanceof PutObjectCommand) {
      const { Key, Body, IfNoneMatch, IfMatch } = command.input;
      const before = stored.get(Key!);
      if (IfNoneMatch === '*' && before) throw status(412);
      if (IfMatch !== undefined && before?.etag !== IfMatch) throw status(412);
      const bytes = Buffer.from(Body as Buffer);
      const etag = `"${createHash('md5').update(bytes).digest('hex')}-${++versions}"`;
      stored.set(Key!, { bytes, etag });
      return { ETag: etag };
    }
    if (command instanceof GetObjectCommand) {
      const { Key, Range, IfMatch } = command.input;
      const found = stored.get(Key!);
      if (!found) throw status(404);
      if (IfMatch !== undefined && IfMatch !== found.etag) throw status(412);
      const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(Range ?? '') ?? [];
      if (first !== undefined && Number(first) >= found.bytes.length) throw status(416);
      const part = first === undefined ? found.bytes : found.bytes.subarray(Number(first), Number(last) + 1);
      return {
        ETag: found.etag,
        LastModified: new Date(0),
        ...(first === undefined ? {} : { ContentRange: `bytes ${first}-${last}/${found.bytes.length}` }),
        Body: { transformToByteArray: async () => part },
      };
    }
    if (command instanceof DeleteObjectCommand) {
      const { Key, IfMatch } = command.input;
      if (IfMatch !== undefined && stored.get(Key!)?.etag !== IfMatch) throw status(412);
      stored.delete(Key!);
      return {};
    }
    if (!(command instanceof ListObjectsV2Command)) throw new Error('Not a command of this bucket');
    const { Prefix = '', StartAfter, ContinuationToken, MaxKeys = 1000 } = command.input;
    const after = ContinuationToken ?? StartAfter ?? '';
    const keys = [...stored.keys()].filter(key => key.startsWith(Prefix) && key > after).sort();
    const page = keys.slice(0, MaxKeys);
    return {
      Contents: page.map(Key => ({
        Key,
        Size: stored.get(Key)!.bytes.length,
        ETag: stored.get(Key)!.etag,
        LastModified: new Date(0),
      })),
      ...(keys.length > page.length ? { NextContinuationToken: page.at(-1) } : {}),
    };
  };
  const client = {
    send: async (command: { input: { Key?: string; Prefix?: string }; constructor: { name: string } }) => {
      const key = command.input.Key ?? command.input.Prefix ?? '';
      await onRequest('before', command.constructor.name, `${name}/${key}`);
      const result = answer(command);
      await onRequest('after', command.constructor.name, `${name}/${key}`);
      return result;
    },
  } as unknown as Pick<S3Client, 'send'>;
  return { objects: new Objects(client, name, quietBackoff), stored };
};
