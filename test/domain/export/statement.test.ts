import { describe, expect, it } from 'vitest';
import { daysRead, exportStatement } from '#domain/export/statement.ts';

const at = '2026-11-23T12:00:00.000000000Z';

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

  it('puts the smallest filed_at first, then the smallest hash, so that echoes are adjacent', () => {
    const { sql } = exportStatement(
      { scope, completeTo: at, floors: undefined },
      { from: undefined, to: undefined },
    );
    expect(sql).toMatch(/ORDER BY "occurred_at", "id", "scope_id", "filed_at", "content_sha256"$/);
  });

  it('reads nothing past the complete part', () => {
    const { parameters } = exportStatement(
      { scope, completeTo: at, floors: undefined },
      { from: undefined, to: '2027-01-01T00:00:00.000000000Z' },
    );
    expect(parameters.filter(value => value === '2026-11-23')).toHaveLength(2);
  });

  it('names no day before the first that a lane has, and always one', () => {
    const ofLedger = (firstDays: { ontime: string; late: string }, from: string | undefined, to?: string) =>
      daysRead({ scope, completeTo: at, floors: undefined, firstDays }, { from, to }).map(
        ({ first, last }) => [first, last],
      );
    const firstDays = { ontime: '2026-11-05', late: '2026-11-07' };
    expect(ofLedger(firstDays, undefined)).toEqual([
      ['2026-11-05', '2026-11-23'],
      ['2026-11-07', '2026-11-23'],
    ]);
    expect(ofLedger(firstDays, '2026-11-10T05:00:00.000000000Z')).toEqual([
      ['2026-11-09', '2026-11-23'],
      ['2026-11-10', '2026-11-23'],
    ]);
    expect(ofLedger(firstDays, undefined, '2026-11-01T00:00:00.000000000Z')).toEqual([
      ['2026-11-02', '2026-11-02'],
      ['2026-11-07', '2026-11-23'],
    ]);
  });

  it('reads everything if no scope is named', () => {
    const { sql, parameters } = exportStatement(
      { scope: undefined, completeTo: at, floors: undefined },
      { from: undefined, to: undefined },
    );
    expect(parameters).toEqual(['ontime', '2026-11-23', at, 'late', '2026-11-23', at]);
    expect(sql).not.toContain('"scope_id" = ?');
  });
});
