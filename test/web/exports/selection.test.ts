import { describe, expect, it } from 'vitest';
import { parseExportRequest } from '#domain/export/request.ts';
import { selectionOf, windowOf } from '#web/exports/selection.ts';

const nowMs = Date.parse('2026-11-26T12:00:00Z');
const day = { kind: 'relative', last: '1d', zone: 'UTC' } as const;

describe('the export of a view', () => {
  it('has its query as a filter, and its range as instants', () => {
    expect(selectionOf({ query: 'action:user.* -actor:(a OR b) zoë', range: day }, nowMs)).toEqual({
      from: '2026-11-25T12:00:00.000000000Z',
      to: undefined,
      filter: { action: ['"user."*'], actor: ['-"a"', '-"b"'], q: 'zoë' },
    });
    expect(selectionOf({ query: '', range: { kind: 'all' } }, nowMs)).toEqual({
      from: undefined,
      to: undefined,
      filter: undefined,
    });
  });

  it('takes the range that its query names before that of the view', () => {
    expect(selectionOf({ query: 'to:2026-11-02', range: day }, nowMs)).toMatchObject({
      from: undefined,
      to: '2026-11-02T00:00:00.000000000Z',
    });
    expect(selectionOf({ query: 'since:2h', range: day }, nowMs)).toMatchObject({
      from: '2026-11-26T10:00:00.000000000Z',
    });
  });

  it('says what is wrong with its query', () => {
    expect(selectionOf({ query: 'actor:', range: day }, nowMs)).toHaveProperty('fault');
  });

  it('is what the server takes', () => {
    const selection = selectionOf({ query: 'actor:"a, b" -action:user.* success:false', range: day }, nowMs);
    if ('fault' in selection) throw new Error(selection.fault);
    const body = { scope_id: 'acme', ...windowOf(selection), filter: selection.filter };
    expect(parseExportRequest(body, { role: 'admin', principal: 'u', scopeId: 'acme' })).not.toHaveProperty(
      'problem',
    );
  });
});
