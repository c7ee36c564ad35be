/**
 * Opens the buckets of an installation themselves: of a data directory, or of a stack with the caller's credentials.
 */
import { join } from 'node:path';
import { systemBackoff } from '#aws/backoff.ts';
import type { Objects } from '#aws/objects.ts';
import { dataDirectory } from './connection.ts';

export type Places = { ledger: Objects; state: Objects; views: Objects };

/** Loading the SDK takes longer than most commands run, so it is loaded here. */
export const openPlaces = async ({ stack, data }: { stack?: string; data?: string }): Promise<Places> => {
  if (stack !== undefined) return (await import('#aws/deployed-stack.ts')).openStackPlaces(stack);
  const { Objects } = await import('#aws/objects.ts');
  const { EmbeddedS3 } = await import('#embedded/storage/s3.ts');
  const root = dataDirectory(data);
  const s3 = new EmbeddedS3(join(root, 'buckets'), join(root, 'tmp'), ['ledger', 'state', 'views']);
  const place = (name: string) => new Objects(s3 as never, name, systemBackoff);
  return { ledger: place('ledger'), state: place('state'), views: place('views') };
};
