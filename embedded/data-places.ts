/** The buckets of a data directory that this process holds, while no server runs on it. */
import type { S3Client } from '@aws-sdk/client-s3';
import { type Objects, openBucket } from '#aws/objects.ts';
import type { Log } from '#functions/runtime/log.ts';
import type { DataDirectory } from './data-directory.ts';
import { openStorage } from './open-storage.ts';
import { names } from './options.ts';

/** `buckets` is the number of parts of the log. */
export const openDataPlaces = async (
  data: DataDirectory,
  buckets: number,
  log: Log,
): Promise<{ ledger: Objects; state: Objects; aside: Objects }> => {
  const { s3 } = await openStorage({ data, buckets, log });
  const client = s3 as unknown as Pick<S3Client, 'send'>;
  const place = (name: string) => openBucket(client, name);
  return { ledger: place(names.ledger), state: place(names.state), aside: place(names.aside) };
};
