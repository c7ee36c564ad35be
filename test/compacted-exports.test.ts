/**
 * An export is the same to the byte whether its days are compacted or not: whatever was delivered, and whatever
 * of it is asked for.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ledger } from '#aws/ledger.ts';
import { Query } from '#aws/query.ts';
import { Segments } from '#aws/segments.ts';
import { Compactions } from '#aws/state/compactions.ts';
import { Leases } from '#aws/state/leases.ts';
import { bucketName, bucketOf } from '#domain/archive/bucket.ts';
import { type Lane, laneOf, lateBefore } from '#domain/archive/lane.ts';
import { objectKey } from '#domain/archive/layout.ts';
import { SegmentMaker } from '#domain/compact/segment-maker.ts';
import { ExportFile } from '#domain/export/file.ts';
import type { ExportJob, ExportRequest, ScheduleRun } from '#domain/export/job.ts';
import { makeManifest } from '#domain/export/manifest.ts';
import { addDays, dateOf, type Instant, instantOf, nanosecondsOf } from '#domain/time.ts';
import { EmbeddedAthena } from '#embedded/query/athena.ts';
import { compactBuckets } from '#functions/workflows/compact-buckets.ts';
import { type CompactWorld, inThisThread } from '#functions/workflows/compact-world.ts';
import { planExport } from '#functions/workflows/plan-export.ts';
import { filed, rowText } from '#test/support/builders.ts';
import { uuidOf } from '#test/support/filed-days.ts';
import { openBuckets } from '#test/support/world.ts';

const buckets = 2;
const scopes = Array.from({ length: 40 }, (_, n) => `scope-${'ä'.repeat(40)}-${n}`).filter(
  id => bucketOf(id, buckets) === 1,
);
const start = '2026-11-10T20:00:00.000000000Z';
const hours = 84;

const after = (instant: Instant, hoursAfter: number, nanoseconds = 0): Instant =>
  instantOf(
    nanosecondsOf(instant) + BigInt(Math.round(hoursAfter * 3_600_000)) * 1_000_000n + BigInt(nanoseconds),
  );

/** An event, and when it is filed, in hours; copies of it have other hours, and may say something else. */
type Filing = {
  id: number;
  scope: number;
  occurredHour: number;
  filedHour: number;
  says: number;
  actor: number;
};
type Row = { lane: Lane; bucket: number; filedAt: Instant; line: Buffer };

const filing = fc.record({
  id: fc.integer({ min: 0, max: 5 }),
  scope: fc.integer({ min: 0, max: 3 }),
  // Late ones occurred up to five days before.
  occurredHour: fc.integer({ min: -120, max: hours }),
  filedHour: fc.integer({ min: 0, max: hours }),
  says: fc.integer({ min: 0, max: 2 }),
  actor: fc.integer({ min: 0, max: 1 }),
});
/** Some are delivered several times: hours, days and lanes apart. */
const filings: fc.Arbitrary<Filing[]> = fc
  .array(
    fc.tuple(
      filing,
      fc.array(fc.tuple(fc.integer({ min: 0, max: hours }), fc.integer({ min: 0, max: 2 })), {
        maxLength: 2,
      }),
    ),
    { minLength: 1, maxLength: 25 },
  )
  .map(all =>
    all.flatMap(([one, copies]) => [
      one,
      ...copies.map(([filedHour, says]) => ({ ...one, filedHour, says: says === 2 ? one.says : says })),
    ]),
  );

const rowsOf = (all: readonly Filing[]): Row[] =>
  all
    .filter(({ occurredHour, filedHour }) => occurredHour <= filedHour)
    .sort((a, b) => a.filedHour - b.filedHour)
    .map(({ id, scope, occurredHour, filedHour, says, actor }, n) => {
      const occurredAt = after(start, occurredHour);
      const filedAt = after(start, filedHour, n + 1);
      const change = {
        scope: scope === 3 ? undefined : { id: scopes[scope], type: 't' },
        actor: { id: `u-${actor}`, type: 'user' },
        payload: { says },
      };
      return {
        lane: laneOf(occurredAt, lateBefore(filedAt)),
        bucket: bucketOf(scope === 3 ? 'c-1' : scopes[scope]!, buckets),
        filedAt,
        line: filed(rowText(uuidOf(id), occurredAt, change), filedAt),
      };
    });

/** What archive would write if batches were cut every `size` rows; two cuts leave echoes. */
const objectsOf = (rows: readonly Row[], size: number): { key: string; bytes: Buffer }[] => {
  const groups = new Map<string, Row[]>();
  for (const [n, row] of rows.entries()) {
    const id = `${row.lane} ${row.bucket} ${dateOf(row.filedAt)} ${Math.floor(n / size)}`;
    groups.set(id, [...(groups.get(id) ?? []), row]);
  }
  return [...groups.values()].map(some => {
    const text = Buffer.concat(some.map(({ line }) => line));
    const [{ lane, bucket, filedAt }] = some as [Row];
    const key = objectKey({
      lane,
      bucket,
      firstFiledAt: filedAt,
      stream: 's',
      shard: 'shardId-000000000000',
      firstSequence: '1',
      lastSequence: '2',
      textSha256: createHash('sha256').update(text).digest('hex'),
    });
    return { key, bytes: gzipSync(text) };
  });
};

const completeTo = after(start, hours + 1);

const open = async () => {
  const { root, temporary, s3, ledger, state, views, results } = await openBuckets();
  const clock = { nowMs: Date.parse(addDays(start, 30)) };
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
  const query = new Query(athena as never, { workGroup: 'w', database: 'd', results: 'results' });
  const faults: unknown[] = [];
  const planning = {
    buckets,
    ledger: new Ledger(ledger),
    segments: new Segments({ compactions: new Compactions(state), views, ledger: new Ledger(ledger) }),
    maxSliceBytes: 4000,
    log: (_: string, message: string, facts?: object) => void faults.push({ message, facts }),
    metrics: () => undefined,
  };
  /** Compacts the days before an instant, in segments of some rows. */
  const compact = async (watermark: Instant): Promise<void> => {
    const filedTo = Object.fromEntries([0, 1].map(bucket => [bucketName(bucket), watermark]));
    const world: CompactWorld = {
      ledger,
      views,
      compactions: new Compactions(state),
      watermarks: { all: async () => [{ sequence: '1', filed: filedTo }] },
      leases: new Leases(state, () => clock.nowMs),
      isFrozen: async () => false,
      maker: inThisThread(new SegmentMaker(buckets, 2)),
      buckets,
      limits: { rows: 5, textBytes: 1e9 },
      leastRecentObjects: 2,
      leaseMs: 60_000,
      nowMs: () => clock.nowMs,
      log: (_, message, facts) => void faults.push({ message, facts }),
      metrics: () => undefined,
    };
    for (let run = 0; run < 2; run++) {
      expect(await compactBuckets(world, () => true)).toBe(0);
      clock.nowMs += 10 * 60_000;
    }
  };
  let token = 0;
  const outputOf = async (statement: Parameters<Query['start']>[0]): Promise<Buffer> => {
    const id = await query.start(statement, `${'t'.repeat(32)}-${token++}`);
    for (;;) {
      const status = await query.status(id);
      if (status.state === 'failed') throw new Error(status.message);
      if (status.state === 'succeeded') return (await results.get(status.outputKey))!.bytes;
      await sleep(2);
    }
  };
  /** The file of an export and its manifest, and the tables that it read. */
  const exportIt = async (request: ExportRequest, run?: ScheduleRun) => {
    const plan = await planExport(planning, { request, run }, { completeTo: run?.filed_to ?? completeTo });
    const file = new ExportFile(run?.filed_from ?? undefined, request.format);
    const pieces: Buffer[] = [];
    for (const [n, statement] of plan.statements.entries()) {
      if (n > 0) file.nextOutput();
      pieces.push(Buffer.from(file.push(await outputOf(statement))));
    }
    const { slices, bytes_scanned, estimated_cost_usd, ...manifest } = makeManifest({
      job: {
        request,
        run,
        principal: 'p',
        slices: plan.statements,
        completeTo,
        lookBackTo: plan.lookBackTo,
        times: {},
      } as unknown as ExportJob,
      summary: file.end(),
      warnings: [],
      gaps: [],
      refused: 0,
      bytesScanned: [],
      completedAt: completeTo,
    });
    const sql = plan.statements.map(statement => statement.sql).join('\n');
    return {
      same: { csv: Buffer.concat(pieces).toString(), manifest },
      tables: ['events', 'segments'].filter(table => sql.includes(`FROM "${table}"`)),
    };
  };
  return { ledger, compact, exportIt, faults, close: () => athena.close() };
};

const hour = fc.integer({ min: -30, max: hours });
const requests = (from: number, to: number): [ExportRequest, ScheduleRun?][] => {
  const scope_id = scopes[0]!;
  const run = {
    schedule_id: 's',
    n: 1,
    filed_from: after(start, Math.max(from, 0)),
    filed_to: after(start, to),
  };
  return [
    [{ scope_id }],
    [{ scope_id: scopes[1]!, from: after(start, from), to: after(start, to) }],
    [{ scope_id, filter: { actor: 'u-1' }, format: 'ndjson' }],
    [{ scope_id }, run],
    [{ scope_id: 'nobody' }],
    [{ all_scopes: true }],
    [{ all_scopes: true, from: after(start, from) }],
  ];
};

describe('an export of the same log', () => {
  it('is the same file with the same counts, with every, some and no days compacted', async () => {
    const read = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          all: filings,
          cut: fc.integer({ min: 1, max: 5 }),
          echoes: fc.integer({ min: 1, max: 5 }),
        }),
        fc.tuple(hour, fc.integer({ min: 1, max: hours })),
        fc.integer({ min: 30, max: hours - 20 }),
        async ({ all, cut, echoes }, [from, length], some) => {
          const world = await open();
          try {
            const rows = rowsOf(all);
            for (const { key, bytes } of [...objectsOf(rows, cut), ...objectsOf(rows, echoes)])
              await world.ledger.create(key, bytes);
            const to = Math.max(1, Math.max(from, 0) + length);
            const exports = requests(from, to);
            const without = [];
            for (const [request, run] of exports) without.push(await world.exportIt(request, run));
            for (const watermark of [after(start, some), addDays(completeTo, 1)]) {
              await world.compact(watermark);
              for (const [n, [request, run]] of exports.entries()) {
                const { same, tables } = await world.exportIt(request, run);
                expect(same).toEqual(without[n]!.same);
                read.add(tables.join());
              }
            }
            expect(world.faults).toEqual([]);
          } finally {
            await world.close();
          }
        },
      ),
      { numRuns: 12 },
    );
    // It is worth something only if exports have read both.
    expect(read).toContain('segments');
    expect(read).toContain('events,segments');
  }, 300_000);
});
