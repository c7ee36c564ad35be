import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idColumn } from '#domain/event/id-column.ts';
import { type ExportFilter, filterCondition } from '#domain/export/filter.ts';
import {
  type Cells,
  columnOfField,
  columnsOfFilter,
  type EventFilter,
  matcherOf,
  sqlOfTerms,
} from '#domain/filter/filter.ts';
import { isPathField } from '#domain/filter/path.ts';
import { parseTerms, type Term } from '#domain/filter/term.ts';

const terms = (text: string, hasPath = false): Term[] => {
  const parsed = parseTerms(text, hasPath);
  if ('fault' in parsed) throw new Error(parsed.fault);
  return parsed;
};
const searched = ['action', 'payload'];
const isMatch = (filter: Record<string, string>, cells: Cells): boolean => {
  const { q, ...fields } = filter;
  const parsed = Object.fromEntries(
    Object.entries(fields).map(([field, text]) => [field, terms(text, isPathField(field))]),
  );
  return matcherOf({ terms: parsed, q }, searched)(cells);
};

const cells: Cells = {
  action: 'user.login',
  actor_id: 'u-1',
  target_id: idColumn('a\nb'),
  success: true,
  request_id: undefined,
  payload: '{"name":"Zoë"}',
  request: '{"ip_address":"::ffff:192.0.2.7","ip_\\u0061ddress":"2001:DB8::1"}',
  received_from: 'secret',
};

describe('a filter', () => {
  it.each([
    [{ action: 'user.login' }, true],
    [{ action: 'user.*' }, true],
    [{ action: 'user' }, false],
    [{ action: 'a.b,user.*' }, true],
    [{ action: 'user.*,-user.login' }, false],
    [{ action: '-user.*' }, false],
    [{ action: '-a.*' }, true],
    [{ actor: 'u-0..u-2' }, true],
    [{ actor: 'u-2..' }, false],
    [{ actor: '-..u-0' }, true],
    [{ target: '"a\nb"' }, true],
    [{ success: 'true' }, true],
    [{ success: '-true' }, false],
    [{ success: 'true,false' }, true],
    // Absent: a negated filter holds, the others never do.
    [{ request_id: 'r' }, false],
    [{ request_id: '*' }, false],
    [{ request_id: '-r' }, true],
    [{ request_id: '-*' }, true],
    [{ request_id: '*,-r' }, false],
    [{ address: '192.0.2.7' }, true],
    [{ address: '::ffff:c000:207' }, true],
    [{ address: '2001:db8:0:0::1' }, true],
    [{ address: '-2001:db8::1' }, false],
    [{ address: '192.0.2.*' }, true],
    [{ address: '192.0.2.8' }, false],
    [{ payload: 'name:Zo*' }, true],
    [{ payload: 'name:Zo*', action: 'a.b' }, false],
    [{ payload: 'name:Zo*,-name:Zoë' }, false],
    [{ payload: '-name:Zoe', metadata: 'region:eu' }, false],
    [{ metadata: '-region:eu' }, true],
    [{ q: 'ZOË' }, true],
    [{ q: 'USER.' }, true],
    [{ q: 'secret' }, false],
    [{ q: 'zoë', action: 'a.b' }, false],
    [{}, true],
  ])('%o holds: %s', (filter, expected) => {
    expect(isMatch(filter as Record<string, string>, cells)).toBe(expected);
  });

  it('of an address holds for none if there is no request, or none in it', () => {
    for (const request of [
      undefined,
      '{}',
      '{"ip_address":null}',
      '{"ip_address":"unknown"}',
      '{"value":["ip_address"]}',
    ]) {
      expect(isMatch({ address: '192.0.2.7' }, { request })).toBe(false);
      expect(isMatch({ address: '-192.0.2.7' }, { request })).toBe(true);
    }
  });

  it('reads only the columns that it names', () => {
    expect(columnsOfFilter({ terms: { actor: terms('u'), address: terms('::1') } }, searched)).toEqual([
      'actor_id',
      'request',
    ]);
    expect(columnsOfFilter({ terms: { metadata: terms('a:b', true) } }, searched)).toEqual(['metadata']);
    expect(columnsOfFilter({ terms: { action: terms('a') }, q: 'x' }, searched)).toEqual(searched);
    expect(columnsOfFilter({ terms: {} }, searched)).toEqual([]);
  });
});

describe('a filter in SQL', () => {
  let connection: DuckDBConnection;
  beforeAll(async () => {
    connection = await (await DuckDBInstance.create(':memory:')).connect();
  });
  afterAll(() => connection.closeSync());

  const texts = fc.constantFrom(
    'a',
    'ab',
    'a.b',
    "o'neil",
    'é',
    'e\u0301',
    '😀',
    '\uffee',
    '%',
    '_',
    '',
    'A',
    'a*',
  );
  const uuids = fc.constantFrom(
    '00000000-0000-4000-8000-00000000000a',
    'f0000000-0000-4000-8000-000000000000',
  );
  const optional = fc.option(texts, { nil: undefined });
  const row = fc.record({
    action: texts,
    actor_id: texts,
    target_id: texts,
    success: fc.boolean(),
    request_id: optional,
    client_trace_id: optional,
    id: uuids,
  });
  const termOf = (values: fc.Arbitrary<string>): fc.Arbitrary<Term> =>
    fc.oneof(
      fc.record({ isNegated: fc.boolean(), kind: fc.constant('value' as const), value: values }),
      fc.record({ isNegated: fc.boolean(), kind: fc.constant('prefix' as const), value: values }),
      fc
        .record({
          isNegated: fc.boolean(),
          kind: fc.constant('range' as const),
          from: fc.option(values, { nil: undefined }),
          to: values,
        })
        .map(term => term as Term),
    );
  const termsOf = (values: fc.Arbitrary<string>) => fc.array(termOf(values), { minLength: 1, maxLength: 3 });
  const success = fc.array(
    fc.record({
      isNegated: fc.boolean(),
      kind: fc.constant('value' as const),
      value: fc.constantFrom('true', 'false'),
    }),
    { minLength: 1, maxLength: 2 },
  );
  const filter = fc.record(
    {
      action: termsOf(texts),
      actor: termsOf(texts),
      target: termsOf(texts),
      success,
      request_id: termsOf(texts),
      client_trace_id: termsOf(texts),
      id: termsOf(uuids),
    },
    { requiredKeys: [] },
  );
  const names = Object.values(columnOfField).filter(
    name => !['request', 'payload', 'metadata'].includes(name),
  );
  const literal = (cell: unknown): string =>
    cell === undefined
      ? 'NULL'
      : typeof cell === 'boolean'
        ? String(cell)
        : `'${String(cell).replaceAll("'", "''")}'`;
  const selected = async (condition: string, rows: readonly Cells[]): Promise<boolean[]> => {
    const values = rows.map((cells, n) => `(${[n, ...names.map(name => literal(cells[name]))].join(', ')})`);
    const list = ['n', ...names].map(name => `"${name}"`).join(', ');
    const read = await connection.runAndReadAll(
      `SELECT n FROM (VALUES ${values.join(', ')}) AS t(${list}) WHERE ${condition}`,
    );
    const found = new Set(read.getRows().map(([n]) => Number(n)));
    return rows.map((_, n) => found.has(n));
  };

  it('selects what it selects in JavaScript', async () => {
    await fc.assert(
      fc.asyncProperty(filter, fc.array(row, { minLength: 5, maxLength: 30 }), async (given, rows) => {
        const matches = matcherOf({ terms: given } as EventFilter, []);
        expect(await selected(sqlOfTerms(given), rows)).toEqual(rows.map(cells => matches(cells)));
      }),
      { numRuns: 200 },
    );
  });

  it('selects what the filter of an export selects that says the same', async () => {
    const exported = fc.record(
      {
        action: fc.constantFrom('a', 'a.b', 'a.*', 'ab'),
        actor: texts.filter(text => text !== ''),
        target: texts.filter(text => text !== ''),
        success: fc.boolean(),
        request_id: texts.filter(text => text !== ''),
        client_trace_id: texts.filter(text => text !== ''),
      },
      { requiredKeys: [] },
    );
    const asTerm = (field: string, value: string | boolean): Term[] =>
      field === 'action' && String(value).endsWith('.*')
        ? [{ isNegated: false, kind: 'prefix', value: String(value).slice(0, -1) }]
        : [{ isNegated: false, kind: 'value', value: String(value) }];
    await fc.assert(
      fc.asyncProperty(exported, fc.array(row, { minLength: 5, maxLength: 30 }), async (given, rows) => {
        const same = Object.fromEntries(
          Object.entries(given).map(([field, value]) => [field, asTerm(field, value)]),
        );
        const matches = matcherOf({ terms: same }, []);
        expect(await selected(filterCondition(given as ExportFilter), rows)).toEqual(
          rows.map(cells => matches(cells)),
        );
      }),
    );
  });
});
