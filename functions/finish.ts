/**
 * Handles Athena's "Query State Change" by advancing the query's export. The event is best effort: it may
 * come twice, early or never. It is only a hint to check the query, and tick checks it too.
 * https://docs.aws.amazon.com/athena/latest/ug/athena-events.html
 */
import type { EventBridgeEvent } from 'aws-lambda';
import { readEnvironment } from '#aws/environment.ts';
import { type RecordKind, readRecord } from '#aws/state/record.ts';
import { queryIndexKey } from '#domain/export/layout.ts';
import { lambda } from '#functions/runtime/handler.ts';
import { advanceExport } from '#functions/workflows/advance-export.ts';
import { type ExportWorld, openExportWorld } from '#functions/workflows/export-world.ts';

export type QueryStateChange = Pick<
  EventBridgeEvent<'Athena Query State Change', { currentState: string; queryExecutionId: string }>,
  'detail' | 'detail-type'
>;

const queryIndexRecord: RecordKind<{ export_id: string }> = {
  isWhole: ({ export_id }) => typeof export_id === 'string',
  cure: 'Nothing has to be done: tick finds the export whose query this is',
};

const finalStates = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);

export const finish =
  (world: ExportWorld) =>
  async ({ detail }: QueryStateChange): Promise<void> => {
    if (!finalStates.has(detail.currentState) || !/^[A-Za-z0-9-]+$/.test(detail.queryExecutionId)) return;
    const index = await world.state.get(queryIndexKey(detail.queryExecutionId));
    // Not a query of ours, or its start is not recorded yet; then tick finds it.
    if (!index) return;
    const { export_id } = readRecord(index, queryIndexRecord);
    await advanceExport(world, export_id, 'query-ended');
  };

export const handler = lambda(async () =>
  finish(await openExportWorld(readEnvironment('finish', process.env))),
);
