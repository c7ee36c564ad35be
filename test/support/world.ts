/** An embedded world in a temporary directory: streams and buckets without a server. */
import { join } from 'node:path';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { S3Client } from '@aws-sdk/client-s3';
import { onTestFinished } from 'vitest';
import { Objects } from '#aws/objects.ts';
import type { Backoff } from '#domain/backoff.ts';
import { makeDirectory } from '#embedded/files.ts';
import { EmbeddedS3 } from '#embedded/storage/s3.ts';
import { EmbeddedKinesis } from '#embedded/stream/kinesis.ts';
import type { KinesisOptions } from '#embedded/stream/kinesis-options.ts';
import { temporaryDirectory } from './temporary.ts';

export const quietBackoff: Backoff = {
  firstMs: 0,
  maxMs: 0,
  maxAttempts: 3,
  sleep: async () => undefined,
  random: () => 0,
};

export const openBuckets = async (directory?: string) => {
  const root = directory ?? (await temporaryDirectory());
  const temporary = join(root, 'tmp');
  await makeDirectory(temporary);
  const s3 = new EmbeddedS3(join(root, 'buckets'), temporary, [
    'ledger',
    'state',
    'views',
    'aside',
    'results',
  ]);
  await s3.open();
  const client = s3 as unknown as Pick<S3Client, 'send'>;
  const bucket = (name: string) => new Objects(client, name, quietBackoff);
  return {
    root,
    temporary,
    s3,
    client,
    ledger: bucket('ledger'),
    state: bucket('state'),
    views: bucket('views'),
    aside: bucket('aside'),
    results: bucket('results'),
  };
};

export const openStream = async (options: Partial<KinesisOptions> = {}, directory?: string) => {
  const root = directory ?? (await temporaryDirectory());
  const temporary = join(root, 'tmp');
  await makeDirectory(temporary);
  const kinesis = await EmbeddedKinesis.open(join(root, 'stream'), temporary, {
    streamName: 'annals',
    shards: 2,
    ...options,
  });
  onTestFinished(() => kinesis.close());
  return { root, temporary, kinesis, client: kinesis as unknown as Pick<KinesisClient, 'send'> };
};

export const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};
