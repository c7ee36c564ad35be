import { describe, expect, it } from 'vitest';
import { describeExport, describeFilter, describeSelection } from '#web/exports/describe.ts';

const from = '2026-11-25T12:00:00.000000000Z';

describe('what an export holds', () => {
  it('is said in one line, with nothing invisible in it', () => {
    expect(describeExport({ from: null, to: null }, 'UTC')).toBe('every event, all time');
    expect(
      describeExport({ from, to: null, filter: { actor: 'a\u202eb', action: ['x.*', '-x.y'] } }, 'UTC'),
    ).toBe('actor:a\\u{202e}b action:x.*,-x.y, from 2026-11-25 12:00:00 UTC');
    expect(describeFilter({ success: false })).toBe('success:false');
  });

  it('is the query of a view and its range', () => {
    const selection = { from, to: '2026-11-26T12:00:00.000000000Z', filter: undefined };
    expect(describeSelection(selection, ' ', 'UTC')).toMatch(/^every event, from .* until 2026-11-26/);
    expect(describeSelection({ fault: 'f' }, 'actor:', 'UTC')).toBe('actor:');
  });
});
