import { describe, expect, it } from 'vitest';
import type { KnownBuckets, KnownDay } from '#domain/export/reads.ts';
import { exportStatement } from '#domain/export/statement.ts';

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

  it('reads the days of segments from their table, and later ones from the ledger', () => {
    const day = (date: string): KnownDay => ({ date, objects: 1, parts: [{ bytes: 1, textBytes: 8 }] });
    const known: KnownBuckets = {
      buckets: [7],
      areAll: false,
      segments: {
        ontime: ['2026-11-10', '2026-11-11'].map(day),
        late: ['2026-11-02', '2026-11-11'].map(day),
      },
      ledger: { ontime: [day('2026-11-12')], late: [] },
    };
    const { sql, parameters } = exportStatement(
      { scope, completeTo: at, floors: undefined, known: [known] },
      { from: undefined, to: undefined },
    );
    expect(sql.match(/FROM "\w+"/g)).toEqual(['FROM "segments"', 'FROM "events"', 'FROM "segments"']);
    expect(sql).toContain(`"bucket" = ? AND "date" IN ('2026-11-02', '2026-11-11') AND`);
    expect(parameters).toEqual([
      ...['ontime', '07', '2026-11-10', '2026-11-11', 'acme', at],
      ...['ontime', '07', '2026-11-12', '2026-11-12', 'acme', at],
      ...['late', '07', 'acme', at],
    ]);
    expect(sql.split('?')).toHaveLength(parameters.length + 1);
  });

  it('names the buckets of the complete log if they are compacted up to different days', () => {
    const day = (date: string): KnownDay => ({ date, objects: 1, parts: [{ bytes: 1, textBytes: 8 }] });
    const some = (...buckets: number[]): KnownBuckets => ({
      buckets,
      areAll: false,
      segments: { ontime: [day('2026-11-10')], late: [] },
      ledger: { ontime: [], late: [] },
    });
    const { sql } = exportStatement(
      { scope: undefined, completeTo: at, floors: undefined, known: [some(0, 2, 12), some(1)] },
      { from: undefined, to: undefined },
    );
    expect(sql).toContain(`"bucket" IN ('00', '02', '12') AND`);
    expect(sql).toContain(`"bucket" = ? AND`);
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
