/** The embedded engine over a ledger and segments that lie in folders, asked as the functions ask Athena. */
import { randomUUID } from 'node:crypto';
import { readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AthenaClient } from '@aws-sdk/client-athena';
import { Query } from '#aws/query.ts';
import type { Statement } from '#domain/export/statement.ts';
import { makeDirectory } from '#embedded/files.ts';
import { EmbeddedAthena } from '#embedded/query/athena.ts';
import { EmbeddedS3 } from '#embedded/storage/s3.ts';
import type { Output } from './engine.ts';

export type EmbeddedEngine = { query(statement: Statement): Promise<Output>; close(): Promise<void> };

const results = 'results';

type Folders = { ledger: string; views: string };

/** `directory` is for outputs and temporary files. */
export const openEmbedded = async (
  { ledger, views }: Folders,
  directory: string,
): Promise<EmbeddedEngine> => {
  const buckets = join(directory, 'buckets');
  const temporary = join(directory, 'tmp');
  await makeDirectory(temporary);
  await makeDirectory(buckets);
  await symlink(ledger, join(buckets, 'ledger'));
  await symlink(views, join(buckets, 'views'));
  const s3 = new EmbeddedS3(buckets, temporary, ['ledger', 'views', results]);
  await s3.open();
  const athena = await EmbeddedAthena.open({
    s3,
    ledger: 'ledger',
    views: 'views',
    directory: join(directory, 'athena'),
    temporary,
    memoryLimit: '512MiB',
    threads: 2,
    onStateChange: () => undefined,
    log: () => undefined,
  });
  const client = athena as unknown as Pick<AthenaClient, 'send'>;
  const athenaQuery = new Query(client, { workGroup: 'annals', database: 'annals', results });
  const query = async (statement: Statement): Promise<Output> => {
    const id = await athenaQuery.start(statement, randomUUID());
    for (;;) {
      const status = await athenaQuery.status(id);
      if (status.state === 'failed') throw new Error(status.message);
      if (status.state === 'succeeded') {
        const path = join(buckets, results, status.outputKey);
        const csv = await readFile(path);
        await rm(path);
        return { csv, bytes: status.bytesScanned };
      }
      await sleep(5);
    }
  };
  return { query, close: () => athena.close() };
};
