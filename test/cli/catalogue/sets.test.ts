import { describe, expect, it } from 'vitest';
import { setsOf } from '#cli/catalogue/sets.ts';

describe('the sets of example actions', () => {
  it('are those that are named, or left to the catalogue', () => {
    expect(setsOf({ value: ' circleci ', name: '--with' })).toEqual(['circleci']);
    expect(setsOf({ value: 'none', name: '--with' })).toEqual(['none']);
    expect(setsOf(undefined)).toBeUndefined();
  });

  it('are refused if one is unknown, or if "none" is combined with another', () => {
    for (const value of ['circle', 'none,circleci', 'circleci,', ''])
      expect(() => setsOf({ value, name: 'ANNALS_CATALOGUE_WITH' })).toThrow(
        `ANNALS_CATALOGUE_WITH is "${value}". Expected names of sets (circleci)`,
      );
  });
});
