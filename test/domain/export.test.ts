import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Caller } from '#domain/access/caller.ts';
import { encodeSelfAuditEvent } from '#domain/access/self-audit-event.ts';
import { exportedColumns } from '#domain/archive/columns.ts';
import { idColumn } from '#domain/event/id-column.ts';
import { exportWarnings } from '#domain/export/export-warning.ts';
import { ExportFile, type ExportSummary, maxListedEvents, UnreadableOutput } from '#domain/export/file.ts';
import { filterCondition } from '#domain/export/filter.ts';
import { maxSheetRows } from '#domain/export/format.ts';
import { type ExportEvent, type ExportJob, evolve, isOpen } from '#domain/export/job.ts';
import { selfAuditEventOf } from '#domain/export/job-audit-event.ts';
import {
  decideAfterFailedQuery,
  decideOverdue,
  maxFailures,
  queryToken,
} from '#domain/export/job-decisions.ts';
import { printJob } from '#domain/export/print-job.ts';
import { parseExportRequest } from '#domain/export/request.ts';
import { type DaySize, estimate, planSlices } from '#domain/export/slices.ts';
import { NoLiteral } from '#domain/export/sql-literal.ts';
import { earlierOutputHeader, exportStatement, outputHeader } from '#domain/export/statement.ts';
import { UuidSet } from '#domain/export/uuid-set.ts';
import { addDays } from '#domain/time.ts';

const at = '2026-11-23T12:00:00.000000000Z';
const noon = (n: number) => `2026-11-23T12:00:00.${String(n).padStart(9, '0')}Z`;
const uuid = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

type Copy = {
  occurredAt: string;
  id: string;
  filedAt: string;
  sha256: string;
  scope: string | undefined;
  cell: string;
  isKept?: boolean;
  warnings?: string;
};
const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
const header = `${outputHeader.map(cell).join(',')}\n`;
const csvHeader = `${exportedColumns.map(({ name }) => cell(name)).join(',')}\n`;
const row = ({ cell: text, occurredAt, id }: Copy) =>
  [cell('a.b'), cell(text), cell(occurredAt), cell(id), '', cell('true')].join(',');
const earlierLine = (copy: Copy) =>
  `${[copy.occurredAt, copy.id, copy.filedAt, copy.sha256, copy.isKept === false ? '0' : '1'].map(cell).join(',')},${copy.scope === undefined ? '' : cell(copy.scope)},${row(copy)}\n`;
const line = (copy: Copy) =>
  earlierLine(copy).replace(
    `,${row(copy)}`,
    () => `,${copy.warnings === undefined ? '' : cell(copy.warnings)},${row(copy)}`,
  );
const copy = (change: Partial<Copy> = {}): Copy => ({
  occurredAt: noon(1),
  id: uuid(1),
  filedAt: noon(100),
  sha256: 'a'.repeat(64),
  scope: 'acme',
  cell: 'x',
  ...change,
});

const run = (
  text: string,
  cut = (bytes: Buffer): Buffer[] => [bytes],
): { csv: string; summary: ExportSummary } => {
  const file = new ExportFile();
  const csv = cut(Buffer.from(text)).map(chunk => file.push(chunk).toString());
  return { csv: csv.join(''), summary: file.end() };
};

describe('the file of an export', () => {
  it('is the header alone where nothing was read', () => {
    expect(run(header)).toMatchObject({ csv: csvHeader, summary: { rows: 0, duplicates: 0 } });
  });

  it('holds each event once, as its first copy, whatever was delivered and wherever the bytes are cut', () => {
    const arbitrary = fc.record({
      occurredAt: fc.integer({ min: 0, max: 3 }).map(noon),
      id: fc.integer({ min: 0, max: 2 }).map(uuid),
      // Few, so that some rows are echoes: of the same key, filed at the same instant, with the same content.
      filedAt: fc.integer({ min: 0, max: 9 }).map(noon),
      sha256: fc.constantFrom('a'.repeat(64), 'b'.repeat(64)),
      scope: fc.constantFrom('acme', 'x"",y', undefined, 'a,"b"', 'z"'),
      warnings: fc.constantFrom(undefined, 'truncated', 'wrapped,truncated') as fc.Arbitrary<string>,
      cell: fc.string({ unit: 'grapheme' }).map(text => JSON.stringify(text)),
    });
    const cuts = fc.array(fc.nat(400), { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(arbitrary, { maxLength: 40 }), cuts, (copies, sizes) => {
        const order = (c: Copy) => [c.occurredAt, c.id, c.scope ?? '\uffff', c.filedAt, c.sha256].join(' ');
        const sorted = [...copies].sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0));
        // The model: of every key the copy that was filed first; what is filed twice at one instant is one row.
        const kept = new Map<string, Copy[]>();
        for (const each of sorted) {
          const key = JSON.stringify([each.occurredAt, each.id, each.scope ?? null]);
          const others = kept.get(key) ?? [];
          const isEcho = others.some(o => o.filedAt === each.filedAt && o.sha256 === each.sha256);
          if (!isEcho) kept.set(key, [...others, each]);
        }
        const events = [...kept.values()];
        const ids = new Set(events.map(([first]) => JSON.stringify([first!.id, first!.scope ?? null])));
        const { csv, summary } = run(header + sorted.map(line).join(''), bytes => {
          const chunks: Buffer[] = [];
          let from = 0;
          for (const size of sizes) {
            chunks.push(bytes.subarray(from, from + size));
            from += size;
          }
          return [...chunks, bytes.subarray(from)];
        });
        expect(csv).toBe(csvHeader + events.map(([first]) => `${row(first!)}\n`).join(''));
        expect(summary).toMatchObject({
          rows: events.length,
          duplicates: events.flat().length - events.length,
          conflicts: events.filter(([first, ...others]) =>
            others.some(({ sha256 }) => sha256 !== first!.sha256),
          ).length,
          reused_ids: events.length - ids.size,
          bytes: Buffer.byteLength(csv),
        });
      }),
      { numRuns: 500 },
    );
  });

  it('takes a row that stands in several objects once, and counts it once, whatever becomes of its event', () => {
    const echoed = (change: Partial<Copy>) => [copy(change), copy(change), copy(change)].map(line).join('');
    const later = { filedAt: noon(101), sha256: 'b'.repeat(64) };
    expect(run(header + echoed({}) + echoed(later)).summary).toMatchObject({
      rows: 1,
      duplicates: 1,
      conflicts: 1,
    });
    const filtered = run(header + echoed({ isKept: false }) + echoed(later)).summary;
    expect(filtered).toMatchObject({ rows: 0, duplicates: 0, filtered: 2 });
    const file = new ExportFile(noon(101));
    file.push(Buffer.from(header + echoed({}) + echoed(later)));
    expect(file.end()).toMatchObject({ rows: 0, duplicates: 0, in_earlier_runs: 2 });
  });

  it('tells an echo from the same row of another scope, and from a copy that was filed at another instant', () => {
    const others = [copy(), copy({ filedAt: noon(101) }), copy({ scope: 'other' })];
    expect(run(header + others.map(line).join('')).summary).toMatchObject({ rows: 2, duplicates: 1 });
  });

  it('lists the events of conflicts and reused ids', () => {
    const { summary } = run(
      header +
        [
          copy(),
          copy({ sha256: 'b'.repeat(64), filedAt: noon(200) }),
          copy({ sha256: 'c'.repeat(64), filedAt: noon(300) }),
          copy({ occurredAt: noon(2) }),
        ]
          .map(line)
          .join(''),
    );
    expect(summary).toMatchObject({
      rows: 2,
      duplicates: 2,
      conflicts: 1,
      reused_ids: 1,
      conflicting_events: [{ id: uuid(1), occurred_at: noon(1) }],
      reused_events: [{ id: uuid(1), occurred_at: noon(2) }],
    });
  });

  it('lists of a conflict both copies: that which it holds, and the first that says something else', () => {
    const { summary } = run(
      header +
        [
          copy({ cell: '{"a":"1"}' }),
          copy({ cell: '{"a":"1"}', filedAt: noon(200) }),
          copy({ cell: '{"a":"2"}', filedAt: noon(300), sha256: 'b'.repeat(64) }),
          copy({ cell: '{"a":"3"}', filedAt: noon(400), sha256: 'c'.repeat(64) }),
        ]
          .map(line)
          .join(''),
      bytes => [bytes.subarray(0, 700), bytes.subarray(700)],
    );
    expect(summary.conflicting_events).toEqual([
      {
        id: uuid(1),
        occurred_at: noon(1),
        copies: [
          { filed_at: noon(100), event: expect.objectContaining({ action: 'a.b', actor: '{"a":"1"}' }) },
          { filed_at: noon(300), event: expect.objectContaining({ action: 'a.b', actor: '{"a":"2"}' }) },
        ],
      },
    ]);
    expect(JSON.stringify(summary)).not.toContain('bbb');
  });

  it('lists the copies of conflicts up to a MiB, and the events of the others', () => {
    const conflicts = Array.from({ length: 5 }, (_, n) => [
      copy({ occurredAt: noon(n), id: uuid(n), cell: 'x'.repeat(150_000) }),
      copy({ occurredAt: noon(n), id: uuid(n), cell: 'y', sha256: 'b'.repeat(64), filedAt: noon(200) }),
    ]);
    const { summary } = run(header + conflicts.flat().map(line).join(''));
    expect(summary.conflicts).toBe(5);
    expect(summary.conflicting_events.map(({ copies }) => copies?.length)).toEqual([2, 2, 2, 2, 2]);
    const larger = conflicts.map(([first, second]) => [first!, { ...second!, cell: 'y'.repeat(150_000) }]);
    const listed = run(header + larger.flat().map(line).join('')).summary.conflicting_events;
    expect(listed.map(({ copies }) => copies?.length)).toEqual([2, 2, 2, undefined, undefined]);
  });

  it('counts the warnings of the events that it holds, and of no copy', () => {
    const { summary } = run(
      header +
        [
          copy({ warnings: 'truncated,no_scope' }),
          copy({ warnings: 'wrapped', filedAt: noon(200) }),
          copy({ occurredAt: noon(2), warnings: 'truncated' }),
          copy({ occurredAt: noon(3), warnings: 'wrapped', isKept: false }),
          copy({ occurredAt: noon(4) }),
        ]
          .map(line)
          .join(''),
    );
    expect(summary.event_warnings).toEqual({ truncated: 2, no_scope: 1 });
  });

  it('is made of the output of a statement that was fixed before rows had warnings, too', () => {
    const copies = [copy({ scope: 'a,"b"' }), copy({ occurredAt: noon(2), scope: undefined })];
    const earlier = `${earlierOutputHeader.map(cell).join(',')}\n`;
    const now = run(header + copies.map(line).join(''));
    for (const cut of [1, 40, 300, 2000])
      expect(
        run(earlier + copies.map(earlierLine).join(''), bytes => [
          bytes.subarray(0, cut),
          bytes.subarray(cut),
        ]),
      ).toEqual(now);
    expect(run(earlier)).toMatchObject({ csv: csvHeader, summary: { rows: 0 } });
    const file = new ExportFile();
    file.push(Buffer.from(earlier + earlierLine(copies[0]!)));
    file.nextOutput();
    file.push(Buffer.from(header + line(copies[1]!)));
    expect(file.end()).toEqual(now.summary);
  });

  it('is empty if Annals alone recorded what was read', () => {
    const own = (n: number) =>
      line(copy({ occurredAt: noon(n) })).replace('"a.b"', '"audit_log.admin.grant"');
    const emptyOf = (...lines: string[]) => run(header + lines.join('')).summary.is_empty;
    expect(emptyOf()).toBe(true);
    expect(emptyOf(own(1), own(2))).toBe(true);
    expect(emptyOf(own(1), line(copy({ occurredAt: noon(2), isKept: false })))).toBe(false);
    expect(emptyOf(line(copy()), own(2))).toBe(false);
  });

  it('lists a thousand of them and counts all', () => {
    const copies = Array.from({ length: maxListedEvents + 5 }, (_, n) => copy({ occurredAt: noon(n) }));
    const { summary } = run(header + copies.map(line).join(''));
    expect(summary.reused_ids).toBe(maxListedEvents + 4);
    expect(summary.reused_events).toHaveLength(maxListedEvents);
  });

  it.each([
    ['ends in the middle of a line', `${header}${line(copy()).slice(0, -5)}`],
    ['is empty', ''],
    ['has another header', csvHeader + line(copy())],
    ['has a line of other columns', `${header}"a","b"\n`],
    ['is out of order', header + line(copy({ occurredAt: noon(2) })) + line(copy())],
  ])('is not made from an output that %s', (_, text) => {
    expect(() => run(text)).toThrow(UnreadableOutput);
  });
});

describe('a set of UUIDs', () => {
  it('holds what a Set of their texts would', () => {
    const word = fc.constantFrom(0, 1, 0xffffffff, 0x80000000);
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word, word, word), { maxLength: 2000 }), ids => {
        const set = new UuidSet();
        const model = new Set<string>();
        for (const id of ids) {
          expect(set.add(...id)).toBe(!model.has(id.join()));
          model.add(id.join());
        }
      }),
    );
  });

  it('grows', () => {
    const set = new UuidSet();
    for (let i = 0; i < 20_000; i++) expect(set.add(i, i * 3, i * 7, 9)).toBe(true);
    for (let i = 0; i < 20_000; i++) expect(set.add(i, i * 3, i * 7, 9)).toBe(false);
  });
});

describe('the filter of an export', () => {
  const keys = (csv: string) => csv.split('\n').slice(1, -1).length;

  it('drops an event with all its copies where it does not hold for the first, whatever the others say', () => {
    const lines = [
      line(copy({ id: uuid(1), isKept: false })),
      line(copy({ id: uuid(1), filedAt: noon(101), sha256: 'b'.repeat(64), isKept: true })),
      line(copy({ id: uuid(2), isKept: true })),
      line(copy({ id: uuid(2), filedAt: noon(101), isKept: false })),
    ];
    const { csv, summary } = run(header + lines.join(''));
    expect(keys(csv)).toBe(1);
    expect(summary).toMatchObject({ rows: 1, duplicates: 1, filtered: 2, conflicts: 0 });
  });

  it.each([
    [{ action: 'context.create' }, `"action" = 'context.create'`],
    [{ action: 'context.*' }, `substr("action", 1, 8) = 'context.'`],
    [{ actor: "o'neil", success: false }, `"actor_id" = 'o''neil' AND "success" = false`],
    [
      { target: "'?", request_id: '?', client_trace_id: '' },
      `"target_id" = '''?' AND "request_id" = '?' AND "client_trace_id" = ''`,
    ],
    [undefined, 'true'],
  ])('%o is a condition on columns, its values literals', (filter, sql) => {
    expect(filterCondition(filter)).toBe(sql);
  });

  it('has no parameter in the list of columns, where Athena takes none', () => {
    const filter = {
      action: 'a.*',
      actor: "'?",
      target: '?',
      success: true,
      request_id: '?',
      client_trace_id: '?',
    };
    const { sql, parameters } = exportStatement(
      { scope: { id: '?', bucket: 1 }, completeTo: at, floors: undefined, filter },
      { from: undefined, to: undefined },
    );
    const placeholders = sql.replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, '');
    expect(placeholders.split(/\bWHERE\b/)[0]).not.toContain('?');
    expect(placeholders.split('?')).toHaveLength(parameters.length + 1);
    expect(parameters[0]).toBe('ontime');
  });

  it('makes no statement of what no literal can hold', () => {
    const statementOf = (filter: object) =>
      exportStatement(
        { scope: undefined, completeTo: at, floors: undefined, filter },
        { from: undefined, to: undefined },
      );
    for (const value of ['\ud800', 'a\u0000', 'x'.repeat(1024)])
      for (const member of ['request_id', 'client_trace_id'])
        expect(() => statementOf({ [member]: value })).toThrow(NoLiteral);
    for (const member of ['actor', 'target'])
      expect(statementOf({ [member]: 'a\u0000' }).sql).toContain(`'${idColumn('a\u0000')}'`);
  });

  it.each([
    ['nothing', {}, '/filter'],
    ['an unknown member', { actors: 'u' }, '/filter/actors'],
    ['an action that is none', { action: "a'; --" }, '/filter/action'],
    ['a wildcard elsewhere', { action: '*.create' }, '/filter/action'],
    ['a success that is no boolean', { success: 'true' }, '/filter/success'],
  ])('is refused with %s', (_, filter, path) => {
    expect(parseExportRequest({ filter }, { role: 'operator', principal: 'p' })).toMatchObject({
      problem: { status: 400, code: 'invalid_request', path },
    });
  });
});

describe('the statement of an export', () => {
  const scope = { id: 'acme', bucket: 7 };
  it('reads lane ontime from the day before to the day after, lane late from the first day on', () => {
    const { sql, parameters } = exportStatement(
      { scope, completeTo: at, floors: undefined },
      { from: '2026-11-10T05:00:00.000000000Z', to: '2026-11-12T00:00:00.000000000Z' },
    );
    expect(parameters).toEqual([
      ...[
        'ontime',
        '07',
        '2026-11-09',
        '2026-11-13',
        'acme',
        '2026-11-10T05:00:00.000000000Z',
        '2026-11-12T00:00:00.000000000Z',
        at,
      ],
      ...[
        'late',
        '07',
        '2026-11-10',
        '2026-11-23',
        'acme',
        '2026-11-10T05:00:00.000000000Z',
        '2026-11-12T00:00:00.000000000Z',
        at,
      ],
    ]);
    expect(sql.split('?')).toHaveLength(parameters.length + 1);
  });

  it('puts the least filed_at first, and of those the least hash, so that echoes stand beside each other', () => {
    const { sql } = exportStatement(
      { scope, completeTo: at, floors: undefined },
      { from: undefined, to: undefined },
    );
    expect(sql).toMatch(/ORDER BY "occurred_at", "id", "scope_id", "filed_at", "content_sha256"$/);
  });

  it('reads nothing past what is complete', () => {
    const { parameters } = exportStatement(
      { scope, completeTo: at, floors: undefined },
      { from: undefined, to: '2027-01-01T00:00:00.000000000Z' },
    );
    expect(parameters.filter(value => value === '2026-11-23')).toHaveLength(2);
  });

  it('reads everything where no scope is named', () => {
    const { sql, parameters } = exportStatement(
      { scope: undefined, completeTo: at, floors: undefined },
      { from: undefined, to: undefined },
    );
    expect(parameters).toEqual(['ontime', '2026-11-23', at, 'late', '2026-11-23', at]);
    expect(sql).not.toContain('"scope_id" = ?');
  });
});

describe('the warnings of an export', () => {
  const summary = { ...run(header).summary, is_empty: false, rows: 1 };
  const codesOf = (
    request: object,
    change: Partial<ExportSummary>,
    from: string | null | undefined = undefined,
  ) =>
    exportWarnings(
      { request, run: from === undefined ? undefined : { filed_from: from } },
      { ...summary, ...change },
    ).map(({ code, count }) => [code, count]);

  it('say that a scope has no events, unless that is usual', () => {
    const empty = { is_empty: true };
    expect(codesOf({ scope_id: 'acmee' }, empty)).toEqual([['no_events', 0]]);
    expect(codesOf({ scope_id: 'acmee' }, empty, null)).toEqual([['no_events', 0]]);
    expect(codesOf({ scope_id: 'acme' }, empty, noon(1))).toEqual([]);
    expect(codesOf({ all_scopes: true }, empty)).toEqual([]);
    expect(codesOf({ scope_id: 'acme' }, {})).toEqual([]);
    const [whole] = exportWarnings(
      { request: { scope_id: 'acmee' }, run: undefined },
      { ...summary, ...empty },
    );
    expect(whole!.message).toContain('"acmee" has no event but');
    const [part] = exportWarnings(
      { request: { scope_id: 'acmee', to: noon(1) }, run: undefined },
      { ...summary, ...empty },
    );
    expect(part!.message).toContain('no event in this window but');
  });

  it('say what a spreadsheet does not show, of its format alone', () => {
    const excel = { scope_id: 'acme', format: 'csv-excel' };
    // The header is a row too.
    expect(codesOf(excel, { rows: maxSheetRows - 1 })).toEqual([]);
    expect(codesOf(excel, { rows: maxSheetRows })).toEqual([['too_many_rows', maxSheetRows]]);
    expect(codesOf({ scope_id: 'acme' }, { rows: maxSheetRows })).toEqual([]);
    expect(codesOf({ scope_id: 'acme' }, { event_warnings: { truncated: 2, wrapped: 1 } })).toEqual([
      ['truncated', 2],
    ]);
    expect(codesOf(excel, { long_cells: 3 })).toEqual([['long_cells', 3]]);
  });
});

describe('a request for an export', () => {
  const support: Caller = { role: 'support', principal: 'p' };
  const admin: Caller = { role: 'admin', principal: 'u-7', scopeId: 'acme' };
  const valid = { scope_id: 'acme', requested_by: 'u', reason: 'r' };
  it('reads times as instants and dates', () => {
    expect(
      parseExportRequest({ ...valid, from: '2026-11-01', to: '2026-11-02T00:00:00+01:00' }, support),
    ).toMatchObject({
      request: { from: '2026-11-01T00:00:00.000000000Z', to: '2026-11-01T23:00:00.000000000Z' },
    });
  });

  it.each([
    ['an unknown member', { ...valid, scop: 1 }, 'invalid_request', '/scop'],
    ['a time that is none', { ...valid, from: 'yesterday' }, 'invalid_request', '/from'],
    ['a scope of another type', { ...valid, scope_id: 7 }, 'invalid_request', '/scope_id'],
    ['no object', 'acme', 'invalid_request', ''],
    ['an empty window', { ...valid, from: '2026-11-02', to: '2026-11-02' }, 'empty_window', '/from'],
    ['no scope', { requested_by: 'u', reason: 'r' }, 'scope_required', '/scope_id'],
    ['no requester', { scope_id: 'acme', reason: 'r' }, 'requester_required', '/requested_by'],
    ['no reason', { scope_id: 'acme', requested_by: 'u' }, 'reason_required', '/reason'],
  ] as const)('is refused with %s', (_, body, code, path) => {
    expect(parseExportRequest(body, support)).toMatchObject({ problem: { status: 400, code, path } });
  });

  it('may name a format, of which csv is what is meant without', () => {
    const formatOf = (format: unknown) => parseExportRequest({ ...valid, format }, support);
    for (const format of ['csv-excel', 'ndjson'])
      expect(formatOf(format)).toMatchObject({ request: { format } });
    expect(JSON.stringify(formatOf('csv'))).toBe(JSON.stringify(parseExportRequest(valid, support)));
    for (const format of ['xlsx', 'CSV', '', null, ['csv']])
      expect(formatOf(format)).toMatchObject({ problem: { status: 400, path: '/format' } });
  });

  it('may name whatever scope an event may have', () => {
    const scope_id = '🦩'.repeat(256);
    expect(parseExportRequest({ ...valid, scope_id }, support)).toMatchObject({ request: { scope_id } });
    for (const id of ['', `${scope_id}x`, 'a\u0000'])
      expect(parseExportRequest({ ...valid, scope_id: id }, support)).toMatchObject({
        problem: { path: '/scope_id' },
      });
  });

  it('is for all scopes if the operator says so, with a reason, and never by leaving the scope out', () => {
    const operator: Caller = { role: 'operator', principal: 'p' };
    expect(parseExportRequest({ all_scopes: true, reason: 'r' }, operator)).toEqual({
      request: { all_scopes: true, reason: 'r' },
      isDryRun: false,
    });
    for (const [body, code, path] of [
      [{}, 'scope_required', '/scope_id'],
      [{ all_scopes: false }, 'scope_required', '/scope_id'],
      [{ reason: 'r', dry_run: true }, 'scope_required', '/scope_id'],
      [{ all_scopes: true }, 'reason_required', '/reason'],
      [{ all_scopes: true, scope_id: 'acme', reason: 'r' }, 'invalid_request', '/all_scopes'],
      [{ all_scopes: 'true', reason: 'r' }, 'invalid_request', '/all_scopes'],
    ] as const)
      expect(parseExportRequest(body, operator)).toMatchObject({ problem: { status: 400, code, path } });
  });

  it('is of an admin themselves, for the scope of their token', () => {
    expect(parseExportRequest({ scope_id: 'acme' }, admin)).toEqual({
      request: { scope_id: 'acme', requested_by: 'u-7' },
      isDryRun: false,
    });
  });

  it.each([
    ['another scope', { scope_id: 'other' }, 403, '/scope_id'],
    ['another requester', { scope_id: 'acme', requested_by: 'u-8' }, 403, '/requested_by'],
    ['no scope', {}, 400, '/scope_id'],
    ['all scopes', { all_scopes: true, reason: 'r' }, 403, '/all_scopes'],
  ])('of an admin is refused with %s', (_, body, status, path) => {
    expect(parseExportRequest(body, admin)).toMatchObject({ problem: { status, path } });
  });
});

describe('the job of an export', () => {
  const asked: ExportEvent = {
    type: 'asked',
    at,
    id: 'e-1',
    request: { scope_id: 'acme' },
    role: 'support',
    principal: 'p',
    body_sha256: 'h',
  };
  const requested: ExportEvent = {
    type: 'requested',
    at,
    heartbeats: [{ bucket: 7, stream: 's', shard: 'a', sequence: '9' }],
  };
  const starting: ExportEvent = {
    type: 'starting',
    at,
    attempt: 1,
    slices: [
      { sql: 'S', parameters: [] },
      { sql: 'T', parameters: [] },
    ],
    complete_to: at,
    done: [],
  };
  const running: ExportEvent = { type: 'running', at, attempt: 1, slice: 0, query_execution_id: 'q' };
  const second: ExportEvent = { type: 'running', at, attempt: 1, slice: 1, query_execution_id: 'r' };
  const result = {
    rows: 1,
    duplicates: 0,
    in_earlier_runs: 0,
    filtered: 0,
    conflicts: 0,
    reused_ids: 0,
    bytes: 9,
    sha256: 's',
    bytes_scanned: 5,
    gaps: 0,
  };
  const given = (...events: ExportEvent[]): ExportJob =>
    events.reduce<ExportJob | undefined>(evolve, undefined)!;

  it('goes from the question to its file', () => {
    const job = given(
      asked,
      requested,
      starting,
      running,
      { type: 'completing', at, result },
      { type: 'succeeded', at },
    );
    expect(printJob(job)).toMatchObject({
      status: 'succeeded',
      scope_id: 'acme',
      ...result,
      complete_to: at,
    });
    expect(isOpen(job)).toBe(false);
    expect(job.version).toBe(6);
  });

  it('tells nothing of its result before it has succeeded', () => {
    const job = given(asked, requested, starting, running, { type: 'completing', at, result });
    expect(printJob(job)).not.toHaveProperty('rows');
    expect(isOpen(job)).toBe(true);
  });

  it.each([
    [[requested]],
    [[asked, asked]],
    [[asked, running]],
    [[asked, requested, starting, running, { type: 'succeeded', at }]],
  ] as [ExportEvent[]][])('does not happen in another order', events => {
    expect(() => given(...events)).toThrow();
  });

  it('names its statuses by the words of the API, which are those of its stored events', () => {
    const { failing, ...steps } = {
      created: given(asked),
      waiting: given(asked, requested),
      planned: given(asked, requested, starting),
      running: given(asked, requested, starting, running),
      completing: given(asked, requested, starting, running, { type: 'completing', at, result }),
      failing: given(asked, { type: 'failing', at, reason: 'timed_out', message: 'm' }),
    };
    expect(Object.entries(steps).map(([status, job]) => [status, job.status, printJob(job).status])).toEqual([
      ['created', 'created', 'asked'],
      ['waiting', 'waiting', 'requested'],
      ['planned', 'planned', 'starting'],
      ['running', 'running', 'running'],
      ['completing', 'completing', 'completing'],
    ]);
    expect(printJob(failing).status).toBe('failing');
  });

  it('tells how many of its slices are done', () => {
    expect(printJob(given(asked, requested, starting))).toMatchObject({
      progress: { slices_done: 0, slices: 2 },
    });
    expect(printJob(given(asked, requested, starting, running))).toMatchObject({
      progress: { slices_done: 0, slices: 2 },
    });
    expect(printJob(given(asked, requested, starting, running, second))).toMatchObject({
      progress: { slices_done: 1, slices: 2 },
    });
  });

  it('says what it waits for, and fails once it has waited too long', () => {
    const job = given(asked, requested);
    expect(printJob(job)).toHaveProperty('waiting_for');
    const since = Date.parse(at);
    const patience = { stallSeconds: 60, openSeconds: 600 };
    expect(decideOverdue(job, since + 59_999, patience)).toBeUndefined();
    expect(decideOverdue(job, since + 60_000, patience)).toMatchObject({
      type: 'failing',
      reason: 'watermark_stalled',
    });
  });

  it.each([
    ['asked', [asked]],
    ['starting', [asked, requested, starting]],
    ['running', [asked, requested, starting, running]],
  ] as [string, ExportEvent[]][])('never stays %s for ever', (status, events) => {
    const patience = { stallSeconds: 60, openSeconds: 600 };
    const job = given(...events);
    expect(decideOverdue(job, Date.parse(at) + 599_999, patience)).toBeUndefined();
    expect(decideOverdue(job, Date.parse(at) + 600_000, patience)).toMatchObject({
      type: 'failing',
      reason: 'timed_out',
      message: expect.stringContaining(status),
    });
  });

  it('has no bound once its end is decided, which only has to be recorded', () => {
    const patience = { stallSeconds: 0, openSeconds: 0 };
    const completing = given(asked, requested, starting, running, { type: 'completing', at, result });
    const failing = given(asked, { type: 'failing', at, reason: 'timed_out', message: 'm' });
    for (const job of [completing, failing])
      expect(decideOverdue(job, Date.parse(at) + 1e9, patience)).toBeUndefined();
  });

  it('runs a slice that failed again, keeps those before it, and fails after so many times', () => {
    let job = given(asked, requested, starting, running, second);
    for (let failure = 1; failure < maxFailures; failure++) {
      const again = decideAfterFailedQuery(job, at, 'oh', ['q']);
      expect(again).toMatchObject({ type: 'starting', attempt: failure + 1, complete_to: at, done: ['q'] });
      const restarted = evolve(job, again);
      expect(restarted.queryExecutionIds).toEqual(['q']);
      expect(queryToken(restarted, 1)).not.toBe(queryToken(job, 1));
      job = evolve(restarted, { ...second, attempt: failure + 1 } as ExportEvent);
    }
    const end = decideAfterFailedQuery(job, at, 'oh', ['q']);
    expect(end).toMatchObject({ type: 'failing', reason: 'query_failed', message: 'oh' });
    expect(printJob(evolve(evolve(job, end), { type: 'failed', at }))).toMatchObject({
      status: 'failed',
      failure: { message: 'oh' },
    });
  });

  it('is asked for again where it failed, by whoever retries it, and with other tokens and files', () => {
    const failed = given(
      asked,
      requested,
      starting,
      running,
      { type: 'failing', at, reason: 'query_failed', message: 'm' },
      { type: 'failed', at },
    );
    const retried = evolve(failed, { type: 'retried', at, role: 'operator', principal: 'o' });
    expect(retried).toMatchObject({
      status: 'created',
      retries: 1,
      failures: 0,
      failure: undefined,
      principal: 'o',
    });
    expect(selfAuditEventOf(retried).id).not.toBe(selfAuditEventOf(given(asked)).id);
    const again = evolve(evolve(retried, requested), {
      ...starting,
      attempt: retried.attempt + 1,
    } as ExportEvent);
    expect(queryToken(again, 0)).not.toBe(queryToken(given(asked, requested, starting), 0));
  });

  it('records an intent as the same event, however often', () => {
    const job = given(asked, requested, starting, running, { type: 'completing', at, result });
    const one = encodeSelfAuditEvent(selfAuditEventOf(job), at);
    expect(encodeSelfAuditEvent(selfAuditEventOf(job), at)).toEqual(one);
    expect(JSON.parse(one.row)).toMatchObject({
      action: 'audit_log.export.complete',
      scope_id: 'acme',
      target_id: 'e-1',
      success: true,
    });
  });
});

describe('the slices of an export', () => {
  const day = (date: string, bytes: number): DaySize => ({ lane: 'ontime', date, objects: 1, bytes });
  const open = { from: undefined, to: undefined };

  it('are one where everything is small', () => {
    expect(planSlices([day('2026-11-01', 10), day('2026-11-02', 10)], open, 100)).toEqual([open]);
    expect(planSlices([], open, 100)).toEqual([open]);
  });

  it('are cut between days, and within a day that is too large', () => {
    const cut = (date: string, time = '00:00:00') => `${date}T${time}.000000000Z`;
    const bounds = planSlices(
      [day('2026-11-01', 60), day('2026-11-02', 60), day('2026-11-03', 200), day('2026-11-04', 10)],
      open,
      100,
    ).map(({ from }) => from);
    expect(bounds).toEqual([
      undefined,
      cut('2026-11-02'),
      cut('2026-11-03'),
      cut('2026-11-03', '12:00:00'),
      cut('2026-11-04'),
    ]);
  });

  it('make up the window, without a gap or an overlap, whatever the sizes are', () => {
    const instants = fc.integer({ min: 0, max: 40 }).map(n => addDays('2026-10-25T07:00:00.000000000Z', n));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 28 }), fc.integer({ min: 1, max: 1000 }))),
        fc.option(instants, { nil: undefined }),
        fc.option(instants, { nil: undefined }),
        (sizes, a, b) => {
          const [from, to] = a !== undefined && b !== undefined && a > b ? [b, a] : [a, b];
          if (from !== undefined && from === to) return;
          const days = new Map(sizes.map(([n, bytes]) => [`2026-11-${String(n).padStart(2, '0')}`, bytes]));
          const slices = planSlices(
            [...days].map(([date, bytes]) => day(date, bytes)),
            { from, to },
            100,
          );
          expect(slices[0]!.from).toBe(from);
          expect(slices.at(-1)!.to).toBe(to);
          for (const [at, slice] of slices.entries()) {
            if (at > 0) expect(slice.from).toBe(slices[at - 1]!.to);
            if (slice.from !== undefined && slice.to !== undefined) expect(slice.from < slice.to).toBe(true);
          }
        },
      ),
    );
  });

  it('are estimated by the partitions that they read, at least 10 MiB a query', () => {
    const selection = { scope: { id: 'acme', bucket: 7 }, completeTo: at, floors: undefined };
    const sizes: DaySize[] = [
      day('2026-11-01', 1e9),
      day('2026-11-20', 7),
      { lane: 'late', date: '2026-11-20', objects: 2, bytes: 5 },
    ];
    expect(estimate(sizes, selection, [{ from: '2026-11-10T00:00:00.000000000Z', to: undefined }])).toEqual({
      slices: 1,
      objects: 3,
      bytes: 12,
      estimated_cost_usd: expect.closeTo(10 * 1024 * 1024 * 5e-12, 12),
    });
  });
});
