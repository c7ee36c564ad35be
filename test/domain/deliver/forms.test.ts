import { describe, expect, it } from 'vitest';
import { availableFormats, formOf } from '#domain/deliver/forms.ts';

describe('the forms', () => {
  it('gives the newest version of a format, and an older one by its number', () => {
    expect(formOf('json')).toMatchObject({ format: 'json', version: 1 });
    expect(formOf('json', 1)).toBe(formOf('json'));
  });

  it('has no form that was not released', () => {
    expect(() => formOf('json', 99)).toThrow('There is no form "json" of version 99');
  });

  it('says which formats there are', () => {
    expect(availableFormats).toContain('json');
  });
});
