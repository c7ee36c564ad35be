import { describe, expect, it } from 'vitest';
import { allWarnings, printWarningCodes, Warnings } from '#domain/event/warning.ts';

describe('the warnings of an event', () => {
  it('are one of each code, in the order of the column, with the first place and the number of places', () => {
    const warnings = new Warnings();
    expect(warnings.list).toEqual([]);
    warnings.add('no_scope', '/scope', 'none');
    warnings.add('wrapped', '/payload', 'first');
    warnings.add('wrapped', '/metadata', 'second');
    expect(warnings.list).toEqual([
      { code: 'wrapped', path: '/payload', message: 'first', count: 2 },
      { code: 'no_scope', path: '/scope', message: 'none' },
    ]);
    expect(printWarningCodes(warnings.list)).toBe('wrapped,no_scope');
  });

  it('of several sources are counted together, and the sources stay as they are', () => {
    const one = { code: 'not_utf8', path: '/a', message: 'm' } as const;
    const two = { code: 'not_utf8', path: '/b', message: 'm', count: 3 } as const;
    expect(allWarnings([one], [], [two])).toEqual([{ ...one, count: 4 }]);
    expect(one).not.toHaveProperty('count');
  });

  it('are an absent cell if there are none', () => {
    expect(printWarningCodes([])).toBeUndefined();
  });
});
