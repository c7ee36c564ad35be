/**
 * Both engines over the same two ledgers, that of an installation and one of eleven days, and over segments of
 * everything that these hold.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { systemBackoff } from '#aws/backoff.ts';
import { Ledger } from '#aws/ledger.ts';
import { Objects } from '#aws/objects.ts';
import { Segments } from '#aws/segments.ts';
import { Compactions } from '#aws/state/compactions.ts';
import { defaultBuckets } from '#domain/archive/bucket.ts';
import type { ExportJob } from '#domain/export/job.ts';
import type { Statement } from '#domain/export/statement.ts';
import type { Instant } from '#domain/time.ts';
import { Closers } from '#embedded/closers.ts';
import { EmbeddedS3 } from '#embedded/storage/s3.ts';
import type { PlanningWorld } from '#functions/workflows/plan-export.ts';
import { writeDays } from './days.ts';
import { openEmbedded } from './embedded.ts';
import { fetchTrino, type Output, startTrino } from './engine.ts';
import { startGlue } from './glue.ts';
import { feed, ledgerOf } from './installation.ts';
import { startS3 } from './s3.ts';
import { writeSegments } from './segments.ts';
import { synthesizeTables, withParameters, withType } from './table.ts';

/** A ledger, and, of the one of eleven days, tables over it that are wrong in one thing. */
export const faults = {
  /** Buckets below ten lie in folders of two digits. */
  digits: 'days_digits',
  /** What was filed today is not seen. */
  yesterday: 'days_yesterday',
  type: 'days_type',
} as const;

export type World = {
  /** What was asked of the installation, in the order of `exports`. */
  jobs: ExportJob[];
  /** The planner's view of the ledger of eleven days, of which nothing is compacted. */
  planning: Omit<PlanningWorld, 'maxSliceBytes'>;
  trino(database: string, statement: Statement): Promise<Output>;
  embedded(ledger: 'installation' | 'days', statement: Statement): Promise<Output>;
  /** How many pages of keys Trino has asked for. */
  lists(): number;
  close(): Promise<void>;
};

type Plan = { requests: readonly string[][]; exports: readonly object[]; tomorrow: Instant };

export const openWorld = async ({ requests, exports, tomorrow }: Plan): Promise<World> => {
  const closers = new Closers();
  const root = await mkdtemp(join(tmpdir(), 'annals-conformance-'));
  closers.push(() => rm(root, { recursive: true, force: true }));
  try {
    const home = await fetchTrino();
    const installation = join(root, 'installation');
    const buckets = join(root, 'buckets');
    await mkdir(buckets);
    const folders = {
      ledger: ledgerOf(installation),
      'ledger-views': join(buckets, 'ledger-views'),
      days: join(buckets, 'days'),
      'days-views': join(buckets, 'days-views'),
    };
    await writeDays(folders.days, tomorrow);
    await writeSegments(folders.days, folders['days-views'], defaultBuckets);

    const over = await synthesizeTables();
    const days = over.events('days');
    const glue = await startGlue({
      installation: [over.events('ledger'), over.segments('ledger-views')],
      days: [days, over.segments('days-views')],
      [faults.digits]: [withParameters(days, { 'projection.bucket.digits': '1' })],
      [faults.yesterday]: [withParameters(days, { 'projection.date.range': '2026-01-01,NOW-1DAYS' })],
      [faults.type]: [withType(days, 'version', 'double')],
    });
    closers.push(() => glue.close());
    const s3 = await startS3(folders);
    closers.push(() => s3.close());
    const starting = startTrino({ home, directory: join(root, 'trino'), glue: glue.url, s3: s3.url });
    closers.push(() => starting.then(({ stop }) => stop()));
    const [trino, fed] = await Promise.all([starting, feed(installation, requests, exports)]);
    await writeSegments(folders.ledger, folders['ledger-views'], defaultBuckets);
    const engines = {
      installation: await openEmbedded(
        { ledger: folders.ledger, views: folders['ledger-views'] },
        join(root, 'embedded-installation'),
      ),
      days: await openEmbedded(
        { ledger: folders.days, views: folders['days-views'] },
        join(root, 'embedded-days'),
      ),
    };
    for (const engine of Object.values(engines)) closers.push(() => engine.close());
    const client = new EmbeddedS3(buckets, join(root, 'tmp'), ['days']);
    return {
      jobs: fed,
      planning: planningOf(new Objects(client as unknown as Pick<S3Client, 'send'>, 'days', systemBackoff)),
      trino: trino.query,
      embedded: (ledger, statement) => engines[ledger].query(statement),
      lists: s3.lists,
      close: () => closers.close(),
    };
  } catch (error) {
    await closers.close();
    throw error;
  }
};

const planningOf = (days: Objects): World['planning'] => {
  const ledger = new Ledger(days);
  const compactions = new Compactions({
    get: async () => undefined,
    list: async function* () {},
    replace: async () => false,
  });
  return {
    buckets: defaultBuckets,
    ledger,
    segments: new Segments({ compactions, views: days, ledger }),
    log: () => undefined,
    metrics: () => undefined,
  };
};
