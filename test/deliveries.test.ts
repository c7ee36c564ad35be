import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ledger } from '#aws/ledger.ts';
import { Query } from '#aws/query.ts';
import { Segments } from '#aws/segments.ts';
import type { SelfAudit } from '#aws/self-audit.ts';
import { Compactions } from '#aws/state/compactions.ts';
import { ExportJobs } from '#aws/state/export-jobs.ts';
import { Gaps } from '#aws/state/gaps.ts';
import { Leases } from '#aws/state/leases.ts';
import { RefusedItems } from '#aws/state/refused-items.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { Stream } from '#aws/stream.ts';
import { allBuckets, bucketOf } from '#domain/archive/bucket.ts';
import { encodePacks, heartbeat } from '#domain/archive/pack.ts';
import { completeTo } from '#domain/archive/watermark.ts';
import type { ExportEvent, ScheduleRun } from '#domain/export/job.ts';
import { exportFileKey } from '#domain/export/layout.ts';
import { SingleFlight } from '#domain/single-flight.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { EmbeddedAthena } from '#embedded/query/athena.ts';
import { kinesisEvent } from '#embedded/stream/kinesis-event.ts';
import { noHint } from '#embedded/stream/shard.ts';
import { type ArchiveWorld, archive } from '#functions/archive.ts';
import { advanceExport } from '#functions/workflows/advance-export.ts';
import type { ExportWorld } from '#functions/workflows/export-world.ts';
import { rowText } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { parseCsv } from '#test/support/server.ts';
import { openBuckets, openStream, quietBackoff } from '#test/support/world.ts';

const buckets = 2;
const scope = 'acme';
const start = Date.parse('2026-11-23T20:00:00Z');
const hour = 3_600_000;
const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** An event as it is delivered: which one, when it occurred, what it says, and the hours until it is delivered. */
type Delivery = { id: number; occurredHour: number; says: number; afterHours: number };
/**
 * What happens, one after another: a delivery, the filing of what has come in batches of a size, or the end
 * of a window.
 */
type Step = { deliver: Delivery } | { file: number } | { run: true };

const deliveries = fc.record({
  id: fc.integer({ min: 1, max: 3 }),
  // Days back and hours ahead of the clock's beginning: late, on time, and by a clock that is skewed.
  occurredHour: fc.constantFrom(-2000, -50, -23, -3, 0, 0, 0, 5, 30),
  says: fc.integer({ min: 0, max: 1 }),
  afterHours: fc.constantFrom(0, 0, 1, 5, 5, 26),
});
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: deliveries.map(deliver => ({ deliver })) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 4 }).map(file => ({ file })) },
    { weight: 2, arbitrary: fc.constant({ run: true as const }) },
  ),
  { minLength: 3, maxLength: 22 },
);

/** Copies of an event on both sides of a run's end and of midnight, on time and late. */
const copy = (occurredHour: number, afterHours: number, id = 1): Step => ({
  deliver: { id, occurredHour, says: 0, afterHours },
});
const examples: [Step[], [number, number]][] = [
  [
    [copy(0, 0), copy(0, 5, 2), { run: true }, copy(0, 1)],
    [0, 1],
  ],
  [
    [copy(0, 0), copy(0, 5, 2), { run: true }, copy(0, 26)],
    [0, 1],
  ],
  [
    [copy(-50, 0), { run: true }, copy(-50, 26), { run: true }, copy(-50, 26)],
    [-60, 30],
  ],
];

/** A window of an export: where it begins, in hours from the clock's beginning, and how many it has. */
const windows = fc.tuple(fc.constantFrom(-2000, -60, -24, -4, 0, 5), fc.constantFrom(1, 20, 30, 2100));

const open = async () => {
  const { root, temporary, s3, client: s3Client, ...places } = await openBuckets();
  const { ledger, state, views, aside, results } = places;
  const clock = { ms: start };
  const { kinesis, client } = await openStream({ shards: 1, nowMs: () => clock.ms });
  const stream = new Stream(client, {
    streamName: 'annals',
    buckets,
    deadlineMs: 0,
    backoff: quietBackoff,
    nowMs: () => clock.ms,
  });
  const watermarks = new Watermarks(state);
  const archiveWorld: ArchiveWorld = {
    stream,
    ledger,
    aside,
    refused: new RefusedItems(aside, state),
    watermarks,
    buckets,
    maxTextBytes: 1e9,
    log: () => undefined,
    metrics: () => undefined,
  };
  const archiveBatch = archive(archiveWorld);
  /** Writes its objects, and is gone before its watermark. */
  const crashingBatch = archive({
    ...archiveWorld,
    watermarks: {
      get: (...args) => watermarks.get(...args),
      all: () => watermarks.all(),
      put: async () => {
        throw new Error('crash');
      },
    },
  });
  const athena = await EmbeddedAthena.open({
    s3,
    ledger: 'ledger',
    views: 'views',
    directory: join(root, 'athena'),
    temporary,
    memoryLimit: '256MiB',
    threads: 1,
    onStateChange: () => undefined,
    log: () => undefined,
  });
  const jobs = new ExportJobs(state);
  const world: ExportWorld = {
    buckets,
    stream,
    ledger: new Ledger(ledger),
    segments: new Segments({ compactions: new Compactions(state), views, ledger: new Ledger(ledger) }),
    state,
    results,
    jobs,
    watermarks,
    gaps: new Gaps(aside, state, buckets),
    query: new Query(athena as never, {
      workGroup: 'annals',
      database: 'annals',
      results: 'results',
    }),
    selfAudit: { record: async () => undefined } as unknown as SelfAudit,
    notify: async () => undefined,
    finishing: new SingleFlight(),
    telling: new SingleFlight(),
    patience: { stallSeconds: 1e9, openSeconds: 1e9 },
    // So small that exports are sliced where there is anything to slice.
    maxSliceBytes: 5600,
    leaveToFinishMs: 0,
    finishLeaseMs: 0,
    leases: new Leases(results, () => clock.ms),
    nowMs: () => clock.ms,
    log: () => undefined,
    metrics: () => undefined,
  };
  const [shard] = kinesis.shardIds;
  let read = 0n;
  /**
   * Reads what has come in batches of `size`: each is lost at its watermark, and cut anew, so that rows are
   * echoed; then a part of it comes again.
   */
  const file = async (size: number): Promise<void> => {
    for (;;) {
      const records = await kinesis.read(shard!, read, { maxCount: size, maxBytes: 1e9 }, noHint());
      if (records.length === 0) return;
      const event = (some: typeof records) => kinesisEvent(kinesis.arn, shard!, some);
      const middle = Math.floor(records.length / 2);
      await expect(crashingBatch(event(records))).rejects.toThrow('crash');
      await archiveBatch(event(records.slice(0, middle)));
      await archiveBatch(event(records));
      await archiveBatch(event(records.slice(middle)));
      read = records.at(-1)!.sequence;
    }
  };
  const heartbeats = () => stream.putAll(allBuckets(buckets).map(bucket => ({ bucket, data: heartbeat() })));
  let asked = 0;
  /** An export to its end: its CSV, and its counts. */
  const exportIt = async (run?: ScheduleRun, window: { from?: string; to?: string } = {}) => {
    const id = uuid(900_000 + ++asked);
    const event: Extract<ExportEvent, { type: 'asked' }> = {
      type: 'asked',
      at: instantOfMilliseconds(clock.ms),
      id,
      request: { scope_id: scope, ...window },
      role: 'operator',
      principal: 'p',
      body_sha256: '',
      run,
    };
    await jobs.create(event);
    await advanceExport(world, id, 'api');
    await heartbeats();
    await file(3);
    const job = await eventually(async () => {
      const now = await advanceExport(world, id, 'query-ended');
      expect(now!.status).toBe('succeeded');
      return now!;
    });
    const csv = (await results.get(exportFileKey(id, 0, undefined)))!.bytes.toString();
    return {
      result: job.result!,
      rows: parseCsv(csv).map(({ id: rowId, occurred_at, payload }) => ({
        key: `${rowId} ${occurred_at}`,
        payload,
      })),
    };
  };
  const close = () => athena.close();
  return { clock, stream, file, heartbeats, exportIt, watermarks, close, s3Client };
};

const rowOf = ({ id, occurredHour, says }: Delivery): string =>
  rowText(uuid(id), instantOfMilliseconds(start + occurredHour * hour), {
    scope: { id: scope, type: 't' },
    payload: { says },
  });

/** What a log should hold after deliveries, in the order in which they were taken: the first copy of each event. */
const model = (taken: readonly Delivery[]): Map<string, string> => {
  const first = new Map<string, string>();
  for (const { id, occurredHour, says } of taken) {
    const key = `${uuid(id)} ${instantOfMilliseconds(start + occurredHour * hour)}`;
    if (!first.has(key)) first.set(key, JSON.stringify({ says }));
  }
  return first;
};

describe('whatever is delivered, and however', () => {
  it('the CSV is what the model says, and the runs of a schedule are a partition of it', async () => {
    await fc.assert(
      fc.asyncProperty(steps, windows, async (all, [fromHour, hours]) => {
        const world = await open();
        const taken: Delivery[] = [];
        const runs: { key: string; payload: string }[] = [];
        let end: string | null = null;
        let n = 0;
        /** The window up to now, as tick runs it. */
        const runSchedule = async (): Promise<void> => {
          world.clock.ms += 1;
          const filed_to = instantOfMilliseconds(world.clock.ms);
          world.clock.ms += 1;
          const { rows, result } = await world.exportIt({
            schedule_id: 's',
            n: ++n,
            filed_from: end,
            filed_to,
          });
          expect(result.rows).toBe(rows.length);
          runs.push(...rows);
          end = filed_to;
        };
        try {
          await world.heartbeats();
          for (const step of all) {
            if ('deliver' in step) {
              const { deliver } = step;
              world.clock.ms += deliver.afterHours * hour;
              // An event that lies too far ahead of the clock would have been refused.
              if (start + deliver.occurredHour * hour > world.clock.ms + 900_000) continue;
              taken.push(deliver);
              await world.stream.putAll(
                encodePacks([rowOf(deliver)]).map(({ data }) => ({ bucket: bucketOf(scope, buckets), data })),
              );
            } else if ('file' in step) await world.file(step.file);
            else await runSchedule();
          }
          await runSchedule();
          const expected = model(taken);
          const { rows, result } = await world.exportIt();
          expect(new Map(rows.map(({ key, payload }) => [key, payload]))).toEqual(expected);
          expect(rows).toHaveLength(expected.size);
          expect(result).toMatchObject({
            rows: expected.size,
            duplicates: taken.length - expected.size,
            reused_ids: expected.size - new Set(taken.map(({ id }) => id)).size,
            gaps: 0,
          });
          expect(result.conflicts).toBe(
            [...expected].filter(([key, payload]) =>
              taken.some(one => [...model([one])].some(([k, p]) => k === key && p !== payload)),
            ).length,
          );
          const [from, to] = [fromHour, fromHour + hours].map(at =>
            instantOfMilliseconds(start + at * hour),
          ) as [string, string];
          const within = [...expected.keys()].filter(key => key.slice(37) >= from && key.slice(37) < to);
          const ofWindow = await world.exportIt(undefined, { from, to });
          expect(ofWindow.rows.map(({ key }) => key).sort()).toEqual(within.sort());
          expect(runs.map(({ key }) => key).sort()).toEqual([...expected.keys()].sort());
          for (const { key, payload } of runs) expect(payload).toBe(expected.get(key));
          expect(completeTo(await world.watermarks.all(), allBuckets(buckets))).toBeDefined();
        } finally {
          await world.close();
        }
      }),
      { numRuns: Number(process.env.ANNALS_DELIVERIES ?? 30), examples },
    );
  });
});
