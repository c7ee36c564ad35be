import { describe, expect, it } from 'vitest';
import { idColumn } from '#domain/event/id-column.ts';
import { filterCondition } from '#domain/export/filter.ts';
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

  it.each([
    ['nothing', {}, '/filter'],
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
