import { describe, expect, it } from 'vitest';
import { Ledger } from '#aws/ledger.ts';
import { Compactions } from '#aws/state/compactions.ts';
import { bucketOf } from '#domain/archive/bucket.ts';
import type { ExportJob, ScheduleRun } from '#domain/export/job.ts';
import type { Statement } from '#domain/export/statement.ts';
import { sqlLiteral } from '#domain/sql-literal.ts';
import { withParameters } from '#embedded/query/statement-parameters.ts';
import { tableReferences } from '#embedded/query/table-references.ts';
import { areSegmentsUnchanged, type Frozen, planExport } from '#functions/workflows/plan-export.ts';
import { compactDays } from '#test/support/compacted.ts';
import { openExports } from '#test/support/export-world.ts';
import { dayOf, type FiledEvent, fileEvents, november } from '#test/support/filed-days.ts';

const scope_id = 'acme';
const bucket = bucketOf(scope_id, 32);
const completeTo = november(24);
/** Of the same bucket. */
const neighbour = Array.from({ length: 1000 }, (_, n) => `n-${n}`).find(id => bucketOf(id, 32) === bucket)!;

/** The scope has an event on days 20 to 23, its neighbour from 15 on, and late ones are filed on the 21st. */
const events: FiledEvent[] = [
  ...[20, 21, 22, 23].map(day => ({ n: day, scope: scope_id, filedAt: november(day) })),
  ...[15, 16, 17, 18, 19, 20, 21, 22, 23].map(day => ({
    n: 100 + day,
    scope: neighbour,
    filedAt: november(day, '13:00:00'),
  })),
  { n: 1, scope: scope_id, filedAt: november(21, '14:00:00'), daysBefore: 4 },
];

const open = async (upTo?: number) => {
  const world = await openExports();
  await fileEvents(world.ledger, events);
  if (upTo !== undefined) await compactDays(world, { bucket, upTo: dayOf(upTo), groupRows: 1 });
  const plan = (change: Partial<Frozen> = {}, run?: ScheduleRun, request = {}) =>
    planExport(world.world, { request: { scope_id, ...request }, run }, { completeTo, ...change });
  return { ...world, plan };
};

/** The tables of a statement with their lanes and days. */
const reads = ({ sql, parameters }: Statement): string[] =>
  tableReferences(withParameters(sql, parameters.map(sqlLiteral)), ['events', 'segments']).map(
    ({ table, conditions }) => {
      const of = (column: string) => conditions.filter(one => one.column === column);
      const days = of('date').map(({ values }) => values.map(day => day.slice(8)).join(','));
      return `${table} ${of('lane')[0]!.values[0]} ${days.join('-')}`;
    },
  );

describe('the plan of an export', () => {
  it('reads the ledger if nothing is compacted, from the first to the last day that a lane has', async () => {
    const { plan } = await open();
    const { statements, compactedTo, segmentsSha256, estimate } = await plan();
    expect(statements.map(reads)).toEqual([['events ontime 15-23', 'events late 21-21']]);
    expect([compactedTo, segmentsSha256]).toEqual([{}, undefined]);
    expect(estimate).toMatchObject({ slices: 1, objects: 14 });
  });

  it('reads compacted days that may hold the scope from segments, and later ones from the ledger', async () => {
    const { plan } = await open(22);
    const { statements, compactedTo, segmentsSha256, estimate } = await plan();
    expect(statements.map(reads)).toEqual([
      ['segments ontime 20-22', 'events ontime 23-23', 'segments late 21-21'],
    ]);
    expect(compactedTo).toEqual({ [String(bucket)]: dayOf(22) });
    expect(segmentsSha256).toMatch(/^[0-9a-f]{64}$/);
    // Four segments, and what the neighbour and the scope filed on the 23rd.
    expect(estimate).toMatchObject({ slices: 1, objects: 6 });
    expect(estimate.bytes).toBeGreaterThan(0);
  });

  it('lists nothing of the ledger but later days and the last two that are compacted', async () => {
    const { plan, world, ledger } = await open(22);
    const listed: string[] = [];
    const counting = {
      list: (prefix: string, after?: string) => {
        listed.push(`${prefix.slice(prefix.indexOf('date='))} ${after?.slice(after.indexOf('date=')) ?? ''}`);
        return ledger.list(prefix, after);
      },
    };
    Object.assign(world, { ledger: new Ledger(counting as never) });
    await plan();
    expect(new Set(listed)).toEqual(new Set([`date=2026-11 date=${dayOf(23)}`]));
  });

  it('of all scopes names the buckets that are compacted up to different days', async () => {
    const { plan } = await open(22);
    const { statements } = await plan({}, undefined, { scope_id: undefined, all_scopes: true });
    expect(reads(statements[0]!)).toEqual([
      expect.stringContaining('segments ontime'),
      'events ontime 23-23',
      expect.stringContaining('segments late'),
    ]);
    expect(statements[0]!.sql).toContain('"bucket" = ?');
  });

  it('cuts slices by the text that may belong to the scope, and not by that of others', async () => {
    const { plan, world } = await open(23);
    // Some 900 bytes of text a row.
    Object.assign(world, { maxSliceBytes: 1900 });
    expect((await plan()).statements).toHaveLength(3);
    const { plan: planOfLedger, world: ofLedger } = await open();
    Object.assign(ofLedger, { maxSliceBytes: 1900 });
    expect((await planOfLedger()).statements.length).toBeGreaterThan(3);
  });

  it.each([undefined, 22])(
    'of a run looks back to its late rows, wherever they are: compacted to %s',
    async upTo => {
      const { plan } = await open(upTo);
      const run = { schedule_id: 's', n: 1, filed_from: november(21, '00:00:00'), filed_to: completeTo };
      expect((await plan({}, run)).lookBackTo).toBe(november(17, '14:00:00'));
      // What an earlier attempt has found stays, also if it found nothing.
      expect((await plan({ lookBack: { to: undefined } }, run)).lookBackTo).toBeUndefined();
      expect((await plan({ lookBack: { to: november(18) } }, run)).lookBackTo).toBe(november(18));
    },
  );

  it('reads the ledger from the first day on whose segments are not as written, and says so', async () => {
    const { plan, views, said, world } = await open(22);
    const counted: object[] = [];
    Object.assign(world, { metrics: (values: object) => counted.push(values) });
    for await (const { key } of views.list(`segments/lane=ontime/bucket=${bucket}/date=${dayOf(21)}`))
      await views.delete(key);
    const { statements, compactedTo } = await plan();
    expect(statements.map(reads)).toEqual([
      ['segments ontime 20-20', 'events ontime 21-23', 'events late 21-21'],
    ]);
    expect(compactedTo).toEqual({ [String(bucket)]: dayOf(20) });
    expect(said).toContainEqual(
      expect.objectContaining({ bucket, date: dayOf(21), reason: expect.any(String) }),
    );
    expect(counted).toEqual([{ SegmentFaults: 1 }]);
  });

  it('reads the ledger from a day on that is not trusted', async () => {
    const { plan } = await open(22);
    expect((await plan({ distrustFrom: dayOf(22) })).statements.map(reads)).toEqual([
      ['segments ontime 20-21', 'events ontime 22-23', 'segments late 21-21'],
    ]);
    expect((await plan({ distrustFrom: '2026-01-01' })).statements.map(reads)).toEqual([
      ['events ontime 15-23', 'events late 21-21'],
    ]);
  });
});

describe('the segments that a job has read', () => {
  const jobOf = (plan: Awaited<ReturnType<typeof planExport>>): ExportJob =>
    ({ request: { scope_id }, completeTo, ...plan }) as unknown as ExportJob;

  it('are unchanged while they are what they were, and if there were none', async () => {
    const { plan, world } = await open(22);
    expect(await areSegmentsUnchanged(world, jobOf(await plan()))).toBe(true);
    expect(await areSegmentsUnchanged(world, jobOf(await plan({ distrustFrom: '2026-01-01' })))).toBe(true);
  });

  it('have changed if one is gone, or the day was compacted anew', async () => {
    const { plan, world, views, state, ledger } = await open(22);
    const job = jobOf(await plan());
    const keys: string[] = [];
    for await (const { key } of views.list('segments/')) keys.push(key);
    const { bytes } = (await views.get(keys[0]!))!;
    await views.delete(keys[0]!);
    expect(await areSegmentsUnchanged(world, job)).toBe(false);
    await views.create(keys[0]!, bytes);
    expect(await areSegmentsUnchanged(world, job)).toBe(true);
    // Other segments with other facts are in order, but not those that were read.
    for (const key of keys) await views.delete(key);
    await compactDays({ ledger, views, state }, { bucket, upTo: dayOf(22), groupRows: 3 });
    expect(await areSegmentsUnchanged(world, job)).toBe(false);
    expect(await areSegmentsUnchanged(world, jobOf(await plan()))).toBe(true);
  });

  it('have changed if the bucket is no longer compacted so far', async () => {
    const { plan, world, state } = await open(22);
    const job = jobOf(await plan());
    const compactions = new Compactions(state);
    const before = await compactions.get(bucket);
    await compactions.put({ ...before.record, compacted_to: dayOf(21) }, before);
    expect(await areSegmentsUnchanged(world, job)).toBe(false);
  });
});
