/**
 * Trino gives to the byte what the embedded engine gives: `npm run conformance:trino`. Its table is the one that
 * the CDK stack synthesizes, and it reads the very objects that archive wrote. What this proves, and what not, is
 * in docs/conformance.md.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bucketOf, defaultBuckets } from '#domain/archive/bucket.ts';
import { columns, eventsTable, segmentsTable } from '#domain/archive/columns.ts';
import type { ExportFilter } from '#domain/export/filter.ts';
import type { ExportRequest, ScheduleRun } from '#domain/export/job.ts';
import type { KnownBuckets, Slice } from '#domain/export/reads.ts';
import { exportStatement, type Statement } from '#domain/export/statement.ts';
import { addDays, dateOf, type Instant } from '#domain/time.ts';
import { planExport } from '#functions/workflows/plan-export.ts';
import { requireTools } from '#test/conformance/tools.ts';
import { differences, finishedFile } from './compare.ts';
import { dayScopes } from './days.ts';
import type { Output } from './engine.ts';
import { hostileScopes, requests } from './events.ts';
import { faults, openWorld, type World } from './world.ts';

const now = new Date();
const today = `${now.toISOString().slice(0, 10)}T00:00:00.000000000Z`;
const tomorrow = addDays(today, 1);
/** Everything that the ledger of eleven days holds was filed before. */
const completeTo = addDays(today, 2);

const complete = { all_scopes: true as const, reason: 'conformance' };
const exports: readonly object[] = [
  ...[...hostileScopes, 'nobody'].map(scope_id => ({ scope_id })),
  { scope_id: 'acme', from: '2026-03-01', to: '2026-03-01T00:00:00.000000002Z' },
  { scope_id: 'acme', from: today },
  { scope_id: 'acme', from: '0001-01-01', to: '0001-01-02' },
  ...[
    { action: 'dup.*' },
    { action: 'dup.yes', success: true },
    { actor: 'u-1', target: 'c-1' },
    { request_id: 'r0', client_trace_id: 't,"\\' },
    { actor: "?'" },
    { actor: '🦩'.repeat(256) },
    { action: ['dup.*', '-dup.yes', 'a..e'] },
    { actor: ['-u-1', '"u"..', "?'*"], success: ['-true'] },
    { target: ['..🦩', '-c-1'], id: ['-0*', '00000000-0000-4000-8000-000000000001..'] },
    { request_id: ['-*'], client_trace_id: ['*', '-"t,"*'] },
    { q: 'ZOË', address: ['192.0.2.*', '-192.0.2.9'] },
  ].map(filter => ({ scope_id: 'acme', filter })),
  ...hostileScopes.map(target => ({ scope_id: 'acme', filter: { target } })),
  { ...complete, from: today },
  { ...complete, filter: { action: 'vendor.event' } },
  complete,
];

let world: World;
beforeAll(async () => {
  requireTools('trino');
  world = await openWorld({ requests: requests(now), exports, tomorrow });
});
afterAll(() => world?.close());

/** Runs statements on both engines. */
const runBoth = async (
  ledger: 'installation' | 'days',
  statements: readonly Statement[],
): Promise<{ found: string[]; trino: Output[]; lines: number }> => {
  const found: string[] = [];
  const outputs: Output[] = [];
  let lines = 0;
  for (const statement of statements) {
    const [trino, embedded] = await Promise.all([
      world.trino(ledger, statement),
      world.embedded(ledger, statement),
    ]);
    found.push(...differences(trino, embedded).map(one => `${one}: ${JSON.stringify(statement)}`));
    outputs.push(trino);
    lines += trino.csv.toString().split('\n').length - 2;
  }
  return { found, trino: outputs, lines };
};

describe('an export of an installation', () => {
  it.each(exports.map((question, n) => [JSON.stringify(question).slice(0, 80), n] as const))(
    'has on Trino the same outputs, file and counts: %s',
    async (_, n) => {
      const job = world.jobs[n]!;
      const { found, trino } = await runBoth('installation', job.slices);
      expect(found).toEqual([]);
      const { file, ...counts } = finishedFile(trino, job.run?.filed_from ?? undefined, job.request.filter);
      expect(file).toBe(job.result!.sha256);
      expect(job.result).toMatchObject({
        rows: counts.rows,
        duplicates: counts.duplicates,
        filtered: counts.filtered,
        conflicts: counts.conflicts,
        reused_ids: counts.reused_ids,
        in_earlier_runs: counts.in_earlier_runs,
        bytes: counts.bytes,
      });
    },
  );

  it('is rarely empty: the events reach the exports', () => {
    const rows = world.jobs.map(({ result }) => result!.rows);
    expect(rows.filter(count => count === 0).length).toBeLessThan(rows.length / 3);
  });
});

const scopeOf = (id: string) => ({ id, bucket: bucketOf(id, defaultBuckets) });
const day = (n: number): Instant => addDays(today, -n);
const windows: readonly Slice[] = [
  { from: undefined, to: undefined },
  { from: day(4), to: undefined },
  { from: undefined, to: day(6) },
  { from: day(5), to: day(4) },
  { from: `${dateOf(day(3))}T13:14:15.000000016Z`, to: `${dateOf(day(2))}T00:00:00.000000001Z` },
  { from: today, to: tomorrow },
  { from: tomorrow, to: undefined },
];
const filters: readonly (ExportFilter | undefined)[] = [
  undefined,
  { action: 'day.*' },
  { action: 'day.start', success: false },
  { actor: 'u-1' },
  { target: 't-1', actor: 'u-2' },
  { success: true },
  { request_id: "r'0" },
  { client_trace_id: '?' },
  { actor: ['u-1', '-u-2'], target: ['t*'] },
  { request_id: ['-*', '-a..b'] },
];
/**
 * What the planner knows of this ledger: nothing was filed before its ninth day. Days before `ledgerFrom` are read
 * from segments.
 */
const known = (bucket: number, ledgerFrom = ''): KnownBuckets[] => {
  const dates = Array.from({ length: 11 }, (_, n) => dateOf(day(9 - n)));
  const days = dates.map(date => ({ date, objects: 1, parts: [{ bytes: 1, textBytes: 8 }] }));
  const lanesOf = (some: typeof days) => ({ ontime: some, late: some });
  const segments = lanesOf(days.filter(({ date }) => date < ledgerFrom));
  const ledger = lanesOf(days.filter(({ date }) => date >= ledgerFrom));
  return [{ buckets: [bucket], areAll: false, segments, ledger }];
};
const floors = [
  undefined,
  { ontime: day(3), late: undefined, isLateRead: false },
  { ontime: day(5), late: day(2), isLateRead: true },
  { ontime: day(3), late: undefined, isLateRead: true },
];

describe('a statement over eleven days', () => {
  it.each(['acme', "o'neil", '🦩', 'org-7', 'nobody'])(
    'has on Trino the same output for every window, filter and floor of the scope %s',
    async id => {
      const statements = windows.flatMap((slice, w) =>
        floors.flatMap((floor, f) =>
          // Each filter meets each window, and each floor, in some of the scopes.
          [0, 3].map(offset => {
            const filter = filters[(w + 2 * f + offset + dayScopes.indexOf(id) + 1) % filters.length];
            const scope = scopeOf(id);
            const selection = { scope, completeTo, floors: floor, filter, known: known(scope.bucket) };
            return exportStatement(selection, slice);
          }),
        ),
      );
      const { found, lines } = await runBoth('days', statements);
      expect(found).toEqual([]);
      expect(lines > 0).toBe(id !== 'nobody');
    },
  );

  it('has on Trino the same output for the log of all scopes, of each window that begins', async () => {
    const statements = windows
      .filter(({ from }) => from !== undefined)
      .map(slice => exportStatement({ scope: undefined, completeTo, floors: undefined }, slice));
    const { found, lines } = await runBoth('days', statements);
    expect(found).toEqual([]);
    expect(lines).toBeGreaterThan(2000);
  });

  it('reads up to complete_to, to the nanosecond', async () => {
    const rows = await runBoth('days', [
      exportStatement({ scope: scopeOf('acme'), completeTo, floors: undefined }, windows[0]!),
    ]);
    const filed = rows.trino[0]!.csv.toString()
      .split('\n')
      .slice(1, -1)
      .map(line => line.split('","')[2]!)
      .sort();
    const last = filed.at(-1)!;
    const { found, lines } = await runBoth('days', [
      exportStatement({ scope: scopeOf('acme'), completeTo: last, floors: undefined }, windows[0]!),
    ]);
    expect(found).toEqual([]);
    expect(lines).toBe(rows.lines - 1);
  });
});

describe('the table over segments', () => {
  /** Every row that was filed since a day, with all of its columns. */
  const rowsOf = (table: string, since: Instant): Statement => ({
    sql:
      `SELECT ${columns.map(({ name }) => `"${name}"`).join(', ')} FROM "${table}" ` +
      'WHERE "date" >= ? ORDER BY "filed_at", "id", "scope_id", "content_sha256"',
    parameters: [dateOf(since)],
  });
  const textOf = ({ csv }: Output): string => csv.toString();

  it.each([
    ['installation', day(1)],
    ['days', day(9)],
  ] as const)(
    'has on Trino every cell of every row of the table over the ledger: %s',
    async (name, since) => {
      const ofLedger = await world.trino(name, rowsOf(eventsTable, since));
      const ofSegments = await world.trino(name, rowsOf(segmentsTable, since));
      const lines = textOf(ofLedger).split('\n');
      expect(lines[0]!.split(',')).toHaveLength(columns.length);
      expect(lines.length).toBeGreaterThan(name === 'days' ? 3000 : 70);
      expect(differences({ ...ofSegments, bytes: ofLedger.bytes }, ofLedger)).toEqual([]);
    },
  );

  /** What Trino and the embedded engine make of a statement over segments, and Trino of the ledger alone. */
  const compareTables = async (
    database: 'installation' | 'days',
    { overBoth, overLedger }: { overBoth: Statement; overLedger: Statement },
  ): Promise<{ found: string[]; lines: number }> => {
    expect(overBoth.sql).toContain(`FROM "${segmentsTable}"`);
    const trino = await world.trino(database, overBoth);
    const others = [await world.trino(database, overLedger), await world.embedded(database, overBoth)];
    const found = others.flatMap(other => differences({ ...trino, bytes: other.bytes }, other));
    return { found, lines: textOf(trino).split('\n').length - 2 };
  };

  it.each(hostileScopes)('has on Trino the rows of a scope by its statistics: %s', async id => {
    const scope = scopeOf(id);
    const selection = { scope, completeTo, floors: undefined };
    const { found, lines } = await compareTables('installation', {
      overBoth: exportStatement({ ...selection, known: known(scope.bucket, '9999-12-31') }, windows[0]!),
      overLedger: exportStatement({ ...selection, known: known(scope.bucket) }, windows[0]!),
    });
    expect(found).toEqual([]);
    expect(lines).toBeGreaterThan(0);
  });

  it.each(['acme', '🦩'])(
    'and that over the ledger have on Trino the output of the ledger alone, of the scope %s',
    async id => {
      const scope = scopeOf(id);
      let rows = 0;
      for (const [w, slice] of windows.entries())
        for (const ledgerFrom of [day(7), day(3), addDays(tomorrow, 1)].map(dateOf)) {
          const selection = { scope, completeTo, floors: undefined, filter: filters[w] };
          const statementFrom = (first: string): Statement =>
            exportStatement({ ...selection, known: known(scope.bucket, first) }, slice);
          const [overBoth, overLedger] = [statementFrom(ledgerFrom), statementFrom('')];
          if (!overBoth.sql.includes(`"${segmentsTable}"`)) continue;
          const { found, lines } = await compareTables('days', { overBoth, overLedger });
          expect(found).toEqual([]);
          rows += lines;
        }
      expect(rows).toBeGreaterThan(0);
    },
  );
});

describe('the planner', () => {
  const plan = (request: ExportRequest, run: ScheduleRun | undefined, maxSliceBytes: number) =>
    planExport({ ...world.planning, maxSliceBytes }, { request, run }, { completeTo });

  it('cuts an export into slices that give on Trino what the whole gives', async () => {
    const larger = { ...complete, from: day(8), to: day(1) };
    for (const [request, maxSliceBytes] of [
      [{ scope_id: 'acme' }, 3000],
      [larger, 100_000],
    ] as const) {
      const { statements } = await plan(request, undefined, maxSliceBytes);
      expect(statements.length).toBeGreaterThan(1);
      const slices = await runBoth('days', statements);
      const whole = await runBoth('days', (await plan(request, undefined, 1e9)).statements);
      expect([...slices.found, ...whole.found]).toEqual([]);
      expect(finishedFile(slices.trino)).toEqual(finishedFile(whole.trino));
    }
  });

  it('plans runs of a schedule that divide on Trino the events of a scope among them', async () => {
    for (const scope_id of ['acme', "o'neil"]) {
      const bounds = [null, day(6), `${dateOf(day(4))}T05:00:00.000000001Z`, day(1), completeTo];
      let rows = 0;
      for (const [at, filed_to] of bounds.slice(1).entries()) {
        const filed_from = bounds[at]!;
        const run = { schedule_id: 's', n: at, filed_from, filed_to: filed_to! };
        const { statements } = await planExport(
          { ...world.planning, maxSliceBytes: 1e9 },
          { request: { scope_id }, run },
          { completeTo: filed_to! },
        );
        const { found, trino } = await runBoth('days', statements);
        expect(found).toEqual([]);
        rows += finishedFile(trino, filed_from ?? undefined).rows;
      }
      const whole = await runBoth('days', (await plan({ scope_id }, undefined, 1e9)).statements);
      expect(rows).toBe(finishedFile(whole.trino).rows);
    }
  });

  it('bounds the complete log by the days that the ledger has', async () => {
    const { statements } = await plan(complete, undefined, 1e9);
    const before = world.lists();
    const { found, lines } = await runBoth('days', statements);
    expect(found).toEqual([]);
    expect(lines).toBeGreaterThan(3000);
    // Trino asks twice for some folders that are empty. Every day of the table would be above 20,000.
    const folders = 2 * defaultBuckets * 12;
    expect(world.lists() - before).toBeLessThan(2 * folders);
  });
});

describe('a table that is not right is noticed', () => {
  const compare = async (database: string): Promise<string[]> => {
    const statement = exportStatement(
      { scope: undefined, completeTo, floors: undefined },
      { from: day(3), to: undefined },
    );
    return differences(await world.trino(database, statement), await world.embedded('days', statement));
  };

  it('by the comparison itself: the right one is not', async () => {
    expect(await compare('days')).toEqual([]);
  });

  it.each([
    ['the digits of its buckets', faults.digits, /^In line \d+ of/],
    ['the last of its days', faults.yesterday, /^In line \d+ of/],
    ['the type of a column', faults.type, /^In line \d+ of/],
  ])('by %s', async (_, database, difference) => {
    const [first = ''] = await compare(database);
    expect(first).toMatch(difference);
  });
});
