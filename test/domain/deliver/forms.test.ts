import { describe, expect, it } from 'vitest';
import { availableFormats, formOf } from '#domain/deliver/forms.ts';
import type { OcsfTable } from '#domain/deliver/ocsf.ts';
import { cellsOf, uuid } from '#test/support/browse-world.ts';

const at = '2026-11-23T12:00:00.000000000Z';

describe('the forms', () => {
  it('gives the newest version of a format, and an older one by its number', () => {
    expect(formOf('json')).toMatchObject({ format: 'json', version: 1 });
    expect(formOf('json', 1)).toBe(formOf('json'));
  });

  it('has no form that was not released', () => {
    expect(() => formOf('json', 99)).toThrow('There is no form "json" of version 99');
  });

  it('prints OCSF with the classes of a table, and without one as Base Events', () => {
    const cells = cellsOf({ id: uuid(1), occurredAt: at, filedAt: at, scope: 'acme' });
    const classOf = (table?: OcsfTable) => JSON.parse(formOf('ocsf', 1, table).line(cells)).class_uid;
    expect(classOf({ 'context.create': { class: 'api_activity', activity: 'Create' } })).toBe(6003);
    expect(classOf()).toBe(0);
  });

  it('says which formats there are', () => {
    expect(availableFormats).toEqual(['json', 'ocsf']);
  });
});
