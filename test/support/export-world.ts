/** A world of exports on embedded buckets and streams; the test decides how its queries end. */
import { Ledger } from '#aws/ledger.ts';
import type { QueryStatus } from '#aws/query.ts';
import { Segments } from '#aws/segments.ts';
import { SelfAudit } from '#aws/self-audit.ts';
import { Compactions } from '#aws/state/compactions.ts';
import { ExportJobs } from '#aws/state/export-jobs.ts';
import { Gaps } from '#aws/state/gaps.ts';
import { Leases } from '#aws/state/leases.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { Stream } from '#aws/stream.ts';
import { bucketName, bucketOf } from '#domain/archive/bucket.ts';
import { exportedColumns } from '#domain/archive/columns.ts';
import type { ExportEvent } from '#domain/export/job.ts';
import { queryOutputKey } from '#domain/export/layout.ts';
import { outputHeader } from '#domain/export/statement.ts';
import { SingleFlight } from '#domain/single-flight.ts';
import { createTickWorld, tick } from '#functions/tick.ts';
import type { ExportWorld } from '#functions/workflows/export-world.ts';
import { openBuckets, openStream, quietBackoff } from '#test/support/world.ts';

export const exportId = '00000000-0000-4000-8000-000000000001';
export const at = '2026-11-23T12:00:00.000000000Z';
export const nowMs = Date.parse(at);
export const bucket = bucketOf('acme', 32);
export const asked = (change: object = {}): Extract<ExportEvent, { type: 'asked' }> => ({
  type: 'asked',
  at,
  id: exportId,
  request: { scope_id: 'acme', ...change },
  role: 'support',
  principal: 'p',
  body_sha256: 'h',
});
/** A message of a query engine, with a path on its server. */
export const reasonOfFailure = 'Malformed JSON in "/var/lib/annals/buckets/ledger/events/a.json.gz"';
const quoted = (cells: readonly string[]) => cells.map(cell => `"${cell}"`).join(',');
export const emptyOutput = `${quoted(outputHeader)}\n`;
export const csvHeader = `${quoted(exportedColumns.map(({ name }) => name))}\n`;

/** A world whose queries end as `outcomes` say, one after another; the last outcome repeats. */
export const openExports = async (outcomes: (QueryStatus['state'] | 'cut')[] = ['succeeded']) => {
  const { state, aside, results, ledger, views } = await openBuckets();
  const told: string[] = [];
  const said: Record<string, unknown>[] = [];
  const { kinesis, client } = await openStream();
  const started: { sql: string; token: string }[] = [];
  const queries = new Map<string, string>();
  const query = {
    start: async ({ sql }: { sql: string }, token: string) => {
      const known = queries.get(token);
      if (known) return known;
      const outcome = outcomes[Math.min(started.length, outcomes.length - 1)];
      started.push({ sql, token });
      const queryId = `q-${started.length}`;
      queries.set(token, queryId);
      if (outcome === 'succeeded' || outcome === 'cut')
        await results.create(
          queryOutputKey(queryId),
          Buffer.from(outcome === 'cut' ? emptyOutput.slice(0, -3) : emptyOutput),
        );
      return queryId;
    },
    status: async (queryId: string): Promise<QueryStatus> => {
      const outcome = outcomes[Math.min(Number(queryId.slice(2)) - 1, outcomes.length - 1)];
      if (outcome === 'running') return { state: 'running' };
      if (outcome === 'failed') return { state: 'failed', message: reasonOfFailure };
      return {
        state: 'succeeded',
        outputKey: queryOutputKey(queryId),
        bytesScanned: 7,
        completedAt: new Date(nowMs),
      };
    },
  };
  const stream = new Stream(client, {
    streamName: 'annals',
    buckets: 32,
    deadlineMs: 0,
    backoff: quietBackoff,
    nowMs: () => nowMs,
  });
  const clock = { ms: nowMs };
  const world: ExportWorld = {
    buckets: 32,
    stream,
    state,
    results,
    jobs: new ExportJobs(state),
    watermarks: new Watermarks(state),
    gaps: new Gaps(aside, state, 32),
    query: query as unknown as ExportWorld['query'],
    finishing: new SingleFlight(),
    telling: new SingleFlight(),
    ledger: new Ledger(ledger),
    segments: new Segments({ compactions: new Compactions(state), views, ledger: new Ledger(ledger) }),
    selfAudit: new SelfAudit(stream, 32, () => clock.ms),
    notify: async (job, outcome) => void told.push(`${job.id} ${outcome}`),
    patience: { stallSeconds: 900, openSeconds: 3600 },
    maxSliceBytes: 1e9,
    leaveToFinishMs: 60_000,
    finishLeaseMs: 960_000,
    leases: new Leases(results, () => clock.ms),
    nowMs: () => clock.ms,
    log: (_, message, facts) => void said.push({ message, ...facts }),
    metrics: () => undefined,
  };
  /** Files what the stream has taken, like archive. */
  const fileAll = async (change: Record<string, string> = {}): Promise<void> => {
    for (const shard of kinesis.shardIds) {
      const before = await world.watermarks.get(await stream.id(), shard);
      const filed = {
        ...Object.fromEntries(Array.from({ length: 32 }, (_, n) => [bucketName(n), at])),
        ...change,
      };
      await world.watermarks.put(await stream.id(), shard, { sequence: '999999', filed }, before);
    }
  };
  const isThere = async (key: string) => (await results.size(key)) !== undefined;
  const tickOnce = (change: Partial<ExportWorld> = {}) =>
    tick(createTickWorld({ ...world, ...change }, '', undefined))();
  const places = { ledger, state, views, aside, results };
  return { world, tickOnce, told, said, ...places, started, clock, fileAll, isThere, kinesis };
};
