import { describe, expect, it } from 'vitest';
import { filterFields } from '#domain/filter/filter.ts';
import { isQueryField, isTimeName, queryFields } from '#web/query-fields.ts';

describe('the names of a query', () => {
  it('are the fields of the API, and those of the range', () => {
    expect([...queryFields].sort()).toEqual([...filterFields].sort());
    expect(isQueryField('actor')).toBe(true);
    expect(isQueryField('constructor')).toBe(false);
    expect(isTimeName('since')).toBe(true);
    expect(isTimeName('actor')).toBe(false);
  });
});
