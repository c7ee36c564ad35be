/**
 * Athena's "Query State Change": carries the query's export to its end. The event is best effort, may come
 * twice, early or never: what it brings is only the news that it is time to look, and tick looks too.
 * https://docs.aws.amazon.com/athena/latest/ug/athena-events.html
 */
import { AthenaClient } from '@aws-sdk/client-athena';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import type { EventBridgeEvent } from 'aws-lambda';
import { readEnvironment } from '#aws/environment.ts';
import { queryIndexKey } from '#domain/layout.ts';
import { advance, type ExportWorld, openExports } from './advance.ts';
import { log } from './log.ts';

export type QueryStateChange = Pick<
  EventBridgeEvent<'Athena Query State Change', { currentState: string; queryExecutionId: string }>,
  'detail' | 'detail-type'
>;

const finalStates = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);

export const finish =
  (world: ExportWorld) =>
  async ({ detail }: QueryStateChange): Promise<void> => {
    if (!finalStates.has(detail.currentState) || !/^[A-Za-z0-9-]+$/.test(detail.queryExecutionId)) return;
    const index = await world.state.get(queryIndexKey(detail.queryExecutionId));
    // Not one of ours, or so early that its start is not recorded yet: tick will find it.
    if (!index) return;
    const { export_id } = JSON.parse(index.bytes.toString()) as { export_id: string };
    await advance(world, export_id, 'finish');
  };

let opened: ReturnType<typeof finish> | undefined;
export const handler: ReturnType<typeof finish> = event => {
  opened ??= finish(
    openExports(
      readEnvironment('finish', process.env),
      { kinesis: new KinesisClient({}), s3: new S3Client({}), athena: new AthenaClient({}) },
      log,
    ),
  );
  return opened(event);
};
