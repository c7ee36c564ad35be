/** A bucket in memory that counts requests, for tests of what an operation costs. */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Objects } from '#aws/objects.ts';
import { quietBackoff } from './world.ts';

const status = (httpStatusCode: number) => Object.assign(new Error(), { $metadata: { httpStatusCode } });

export const countingBucket = () => {
  const stored = new Map<string, Buffer>();
  const counts = { lists: 0, keysListed: 0, gets: 0, mostAtOnce: 0 };
  let underWay = 0;
  const answer = (command: unknown): unknown => {
    if (command instanceof PutObjectCommand) {
      const { Key, Body, IfNoneMatch } = command.input;
      if (IfNoneMatch === '*' && stored.has(Key!)) throw status(412);
      stored.set(Key!, Body as Buffer);
      return { ETag: 'e' };
    }
    if (command instanceof GetObjectCommand) {
      counts.gets++;
      const body = stored.get(command.input.Key!);
      if (!body) throw status(404);
      return { ETag: 'e', Body: { transformToByteArray: async () => body } };
    }
    if (command instanceof DeleteObjectCommand) return stored.delete(command.input.Key!);
    if (!(command instanceof ListObjectsV2Command)) throw new Error('Not a command that is counted');
    const { Prefix = '', StartAfter, ContinuationToken, MaxKeys = 1000 } = command.input;
    const after = ContinuationToken ?? StartAfter ?? '';
    const keys = [...stored.keys()].filter(key => key.startsWith(Prefix) && key > after).sort();
    const page = keys.slice(0, MaxKeys);
    counts.lists++;
    counts.keysListed += page.length;
    return {
      Contents: page.map(Key => ({ Key, Size: 1, LastModified: new Date(0) })),
      ...(keys.length > page.length ? { NextContinuationToken: page.at(-1) } : {}),
    };
  };
  const client = {
    send: async (command: unknown) => {
      counts.mostAtOnce = Math.max(counts.mostAtOnce, ++underWay);
      await new Promise(resolve => setImmediate(resolve));
      underWay--;
      return answer(command);
    },
  } as unknown as Pick<S3Client, 'send'>;
  /** Runs `work`; returns its result and the requests that it made. */
  const cost = async <T>(work: () => Promise<T>) => {
    Object.assign(counts, { lists: 0, keysListed: 0, gets: 0, mostAtOnce: 0 });
    const result = await work();
    return { result, ...counts };
  };
  const put = (key: string, content: object) => stored.set(key, Buffer.from(JSON.stringify(content)));
  return { state: new Objects(client, 'state', quietBackoff), stored, put, cost };
};
