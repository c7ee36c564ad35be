/**
 * Every minute: a heartbeat to every bucket, so that a quiet log is known to be complete, and a look at every
 * open export, so that none depends on an event that may be lost. One export's trouble stops no other's.
 */
import { AthenaClient } from '@aws-sdk/client-athena';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import { readEnvironment } from '#aws/environment.ts';
import { allBuckets } from '#domain/bucket.ts';
import { heartbeat } from '#domain/pack.ts';
import { advance, type ExportWorld, openExports } from './advance.ts';
import { errorFacts, log } from './log.ts';

/** An entry among the open exports whose job never came to be is dropped after this. */
const orphanAfterMs = 3_600_000;

export const tick = (world: ExportWorld) => async (): Promise<void> => {
  const failures = [...(await sendHeartbeats(world)), ...(await sweepExports(world))];
  // The invocation fails where anything did, so that its alarm is raised; all the rest has been done.
  if (failures.length > 0)
    throw new AggregateError(
      failures,
      `Tick could not do everything: ${failures.map(({ message }) => message).join('; ')}`,
    );
};

const sendHeartbeats = async (world: ExportWorld): Promise<Error[]> => {
  const packs = allBuckets(world.buckets).map(bucket => ({ bucket, data: heartbeat() }));
  const { positions, reason } = await world.stream.put(packs);
  const missing = packs.filter((_, at) => !positions[at]).length;
  return missing === 0 ? [] : [new Error(`${missing} heartbeats were not taken by the stream: ${reason}`)];
};

/** Looks at every open export once. */
export const sweepExports = async (world: ExportWorld): Promise<Error[]> => {
  const failures: Error[] = [];
  for await (const { id, since } of world.jobs.open()) {
    try {
      const job = await advance(world, id, 'sweep');
      const isOver = job
        ? job.status === 'succeeded' || job.status === 'failed'
        : world.nowMs() - since.getTime() > orphanAfterMs;
      if (isOver) await world.jobs.close(id);
    } catch (error) {
      world.log('error', 'An export could not be carried on', { export_id: id, ...errorFacts(error) });
      failures.push(error as Error);
    }
  }
  return failures;
};

let opened: ReturnType<typeof tick> | undefined;
export const handler: ReturnType<typeof tick> = () => {
  opened ??= tick(
    openExports(
      readEnvironment('tick', process.env),
      { kinesis: new KinesisClient({}), s3: new S3Client({}), athena: new AthenaClient({}) },
      log,
    ),
  );
  return opened();
};
