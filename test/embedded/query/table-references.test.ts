import { describe, expect, it } from 'vitest';
import { exportStatement } from '#domain/export/statement.ts';
import { sqlLiteral } from '#domain/sql-literal.ts';
import { withParameters } from '#embedded/query/statement-parameters.ts';
import { meets, tableReferences } from '#embedded/query/table-references.ts';

const read = (sql: string) => tableReferences(sql, ['events', 'segments']);

describe('the tables of a statement', () => {
  it('are those of its FROM clauses, each with its own conditions', () => {
    const { sql, parameters } = exportStatement(
      {
        scope: { id: `o'"events" WHERE`, bucket: 7 },
        completeTo: '2026-11-24T00:00:00.000000000Z',
        floors: undefined,
        filter: { actor: 'FROM "segments"' },
      },
      { from: '2026-11-20T00:00:00.000000000Z', to: undefined },
    );
    const whole = withParameters(sql, parameters.map(sqlLiteral));
    const references = read(whole);
    expect(references.map(({ table, start, end }) => [table, whole.slice(start, end)])).toEqual([
      ['events', '"events"'],
      ['events', '"events"'],
    ]);
    expect(references[0]!.conditions.slice(0, 5)).toEqual([
      { column: 'lane', operator: '=', values: ['ontime'] },
      { column: 'bucket', operator: '=', values: ['07'] },
      { column: 'date', operator: '>=', values: ['2026-11-19'] },
      { column: 'date', operator: '<=', values: ['2026-11-24'] },
      { column: 'scope_id', operator: '=', values: [`o'"events" WHERE`] },
    ]);
    expect(references[1]!.conditions[0]!.values).toEqual(['late']);
  });

  it('may have lists of values, or no conditions', () => {
    expect(
      read(`SELECT 1 FROM "segments" WHERE "bucket" IN ('01', '0''2') AND "lane" = 'late'`),
    ).toMatchObject([
      { table: 'segments', conditions: [{ operator: 'in', values: ['01', "0'2"] }, { column: 'lane' }] },
    ]);
    expect(read('SELECT 1 FROM (SELECT * FROM "events") ORDER BY 1')).toMatchObject([{ conditions: [] }]);
    expect(read(`SELECT 'FROM events'`)).toEqual([]);
  });

  it.each([
    ['an alternative', `SELECT 1 FROM "events" WHERE "bucket" = '01' OR "bucket" = '02'`],
    ['a negation', `SELECT 1 FROM "events" WHERE NOT "bucket" = '01'`],
    ['parentheses', `SELECT 1 FROM "events" WHERE ("bucket" = '01')`],
    ['another operator', `SELECT 1 FROM "events" WHERE "date" <> '2026-11-01'`],
    ['BETWEEN', `SELECT 1 FROM "events" WHERE "date" BETWEEN '2026-11-01' AND '2026-11-02'`],
    ['a number', 'SELECT 1 FROM "events" WHERE "version" = 1'],
    ['a sum of texts', `SELECT 1 FROM "events" WHERE "bucket" = '0' || '1'`],
    ['a list that does not end', `SELECT 1 FROM "events" WHERE "bucket" IN ('01'`],
    ['a list of something else', 'SELECT 1 FROM "events" WHERE "bucket" IN (SELECT 1)'],
    ['no condition', 'SELECT 1 FROM "events" WHERE'],
    ['an unfinished condition', `SELECT 1 FROM "events" WHERE "bucket" = '01' AND`],
    ['another clause', `SELECT 1 FROM "events" WHERE "bucket" = '01' GROUP BY 1`],
    ['an alias', `SELECT 1 FROM "events" e WHERE "bucket" = '01'`],
    ['a join', 'SELECT 1 FROM "segments" JOIN "events" ON true'],
    ['a list of tables', 'SELECT 1 FROM "segments", "events"'],
    ['a schema', 'SELECT 1 FROM "annals"."events"'],
    ['no quotes', `SELECT 1 FROM events WHERE "bucket" = '01'`],
    ['another case', `SELECT 1 FROM "Events" WHERE "bucket" = '01'`],
  ])('are refused in a form that is not understood: %s', (_, sql) => {
    expect(() => read(sql)).toThrow('does not understand this statement');
  });
});

describe('a value', () => {
  it('meets the conditions on its column alone', () => {
    const conditions = [
      { column: 'date', operator: '>=' as const, values: ['2026-11-02'] },
      { column: 'date', operator: '<' as const, values: ['2026-11-04'] },
      { column: 'bucket', operator: 'in' as const, values: ['01', '02'] },
    ];
    const met = ['01', '02', '03', '04'].filter(day => meets(conditions, 'date', `2026-11-${day}`));
    expect(met).toEqual(['02', '03']);
    expect(['00', '01', '02'].filter(bucket => meets(conditions, 'bucket', bucket))).toEqual(['01', '02']);
    expect(meets(conditions, 'lane', 'late')).toBe(true);
    const strict = [
      { column: 'x', operator: '>' as const, values: ['a'] },
      { column: 'x', operator: '<=' as const, values: ['c'] },
    ];
    expect(['a', 'b', 'c', 'd'].filter(value => meets(strict, 'x', value))).toEqual(['b', 'c']);
  });
});
