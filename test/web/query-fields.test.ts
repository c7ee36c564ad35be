import { describe, expect, it } from 'vitest';
import { filterFields } from '#domain/filter/filter.ts';
import { pathFields } from '#domain/filter/path.ts';
import { fieldOfPath, isQueryField, isTimeName, partsOf, queryFields } from '#web/query-fields.ts';

describe('the names of a query', () => {
  it('are the fields of the API, and those of the range', () => {
    expect([...queryFields, ...pathFields].sort()).toEqual([...filterFields].sort());
    expect(isQueryField('actor')).toBe(true);
    expect(isQueryField('constructor')).toBe(false);
    expect(isTimeName('since')).toBe(true);
    expect(isTimeName('actor')).toBe(false);
  });

  it('are one text for each path', () => {
    expect(fieldOfPath('payload', ['a.b', 'c'])).toBe('payload."a.b".c');
    expect(fieldOfPath('metadata', ['a.b', 'c'])).toBe('metadata.a.b.c');
    expect(fieldOfPath('metadata', ['a'.repeat(3), '.'.repeat(20)])).toBe(`metadata.aaa."${'.'.repeat(20)}"`);
    expect(partsOf('payload."a.b".c')).toEqual(['payload', '"a.b".c']);
    expect(partsOf('actor')).toEqual(['actor', undefined]);
  });
});
