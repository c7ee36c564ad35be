import { describe, expect, it } from 'vitest';
import { readPieces } from '#web/query-pieces.ts';

describe('the pieces of a query', () => {
  it('are filters, times and words', () => {
    const { pieces, faults } = readPieces('-actor:(a OR b) since:2h zoë');
    expect(faults).toEqual([]);
    expect(pieces).toMatchObject([
      { kind: 'filter', field: 'actor', isNegated: true, terms: [{ at: 8 }, { at: 13 }] },
      { kind: 'time', name: 'since', value: '2h' },
      { kind: 'text', text: 'zoë' },
    ]);
  });

  it('are read as far as they can be, and faults say where they are', () => {
    const { pieces, faults } = readPieces('nofield:x action:a.b');
    expect(faults).toMatchObject([{ at: 0 }]);
    expect(pieces).toMatchObject([{ kind: 'filter', field: 'action' }]);
  });
});
