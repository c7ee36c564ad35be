import { describe, expect, it } from 'vitest';
import { idColumn } from '#domain/event/id-column.ts';
import { cellsMatcherOf, eventFilterOf, filterColumns, filterCondition } from '#domain/export/filter.ts';
import { parseExportRequest } from '#domain/export/request.ts';
import { exportStatement } from '#domain/export/statement.ts';
import { NoLiteral } from '#domain/sql-literal.ts';
import { withStatus } from '#test/support/problem-status.ts';
import { copy, header, line, noon, run, uuid } from '#test/support/query-output.ts';

const at = '2026-11-23T12:00:00.000000000Z';

describe('the filter of an export', () => {
  const keys = (csv: string) => csv.split('\n').slice(1, -1).length;

  it('drops an event with all its copies if the first does not match, whatever the others say', () => {
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
    [
      { action: ['user.*', '-user.login'] },
      `substr("action", 1, 5) = 'user.' AND ("action" = 'user.login') IS DISTINCT FROM true`,
    ],
    [
      { actor: ['a', 'b..c'], success: ['-true'] },
      `("actor_id" = 'a' OR "actor_id" >= 'b' AND "actor_id" <= 'c') AND ("success" = true) IS DISTINCT FROM true`,
    ],
    [{ id: uuid(1).toUpperCase() }, `"id" = '${uuid(1)}'`],
    // Finish decides by these.
    [{ q: 'a', address: '::1', actor: 'u' }, `"actor_id" = 'u'`],
  ])('%o is a condition on columns, its values literals', (filter, sql) => {
    expect(filterCondition(filter)).toBe(sql);
  });

  it('has no parameter in the list of columns, since Athena accepts none there', () => {
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

  it('takes a text as one value, whatever it would mean among terms', () => {
    for (const actor of ['a,b', '-a', 'a*', 'a..b', '"a"'])
      expect(eventFilterOf({ actor })).toEqual({
        terms: { actor: [{ isNegated: false, kind: 'value', value: actor }] },
      });
  });

  it('decides of a text and an address by the cells of an event, and of nothing else', () => {
    expect(cellsMatcherOf(undefined)).toBeUndefined();
    expect(cellsMatcherOf({ actor: ['u', '-v'] })).toBeUndefined();
    const isMatch = cellsMatcherOf({ actor: 'nobody', q: 'ZOË', address: ['192.0.2.*', '-192.0.2.9'] })!;
    const cells = { payload: '{"name":"Zo\\u00eb"}', request: '{"ip_address":"192.0.2.7"}' };
    expect(isMatch(cells)).toBe(true);
    expect(isMatch({ ...cells, payload: '{}' })).toBe(false);
    expect(isMatch({ ...cells, request: '{"ip_address":"192.0.2.9"}' })).toBe(false);
    expect(isMatch({ payload: cells.payload })).toBe(false);
  });

  it('reads the columns that its condition names', () => {
    expect(filterColumns({ target: 't', q: 'x', address: '::1' })).toEqual(['target_id']);
    expect(filterColumns(undefined)).toEqual([]);
  });

  it.each([
    ['nothing', {}, '/filter'],
    ['a list of no terms', { actor: [] }, '/filter/actor'],
    ['a term that cannot be read', { actor: ['"open'] }, '/filter/actor'],
    ['a term that its field cannot have', { success: ['yes'] }, '/filter/success'],
    ['an address that is none', { address: 'localhost' }, '/filter/address'],
    ['an id that is none', { id: '17' }, '/filter/id'],
    ['an empty text', { q: '' }, '/filter/q'],
    ['too many terms', { actor: Array(60).fill('a'), target: Array(41).fill('b') }, '/filter'],
    ['a value that no statement can hold', { request_id: [`${'x'.repeat(1100)}*`] }, '/filter'],
    ['too many bytes', { address: Array(20).fill(`-"${'x'.repeat(4000)}"*`) }, '/filter'],
    ['an unknown member', { actors: 'u' }, '/filter/actors'],
    ['an action that is none', { action: "a'; --" }, '/filter/action'],
    ['a wildcard elsewhere', { action: '*.create' }, '/filter/action'],
    ['a success that is no boolean', { success: 'true' }, '/filter/success'],
  ])('is refused with %s', (_, filter, path) => {
    expect(withStatus(parseExportRequest({ filter }, { role: 'operator', principal: 'p' }))).toMatchObject({
      problem: { status: 400, code: 'invalid_request', path },
    });
  });
});
