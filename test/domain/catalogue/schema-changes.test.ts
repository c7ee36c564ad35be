import { describe, expect, it } from 'vitest';
import type { PayloadSchema } from '#domain/catalogue/action.ts';
import { incompatibleChanges } from '#domain/catalogue/schema-changes.ts';
import { schema } from '#test/support/refund-action.ts';

describe('a schema that was released', () => {
  const changes = (change: (copy: PayloadSchema) => unknown): string[] => {
    const copy = structuredClone(schema) as PayloadSchema;
    change(copy);
    return incompatibleChanges(schema, copy).map(({ path, what }) => `${path} ${what}`);
  };
  type Open = { properties: Record<string, Record<string, unknown>>; required?: string[] };
  const members = (copy: PayloadSchema) => (copy as unknown as Open).properties;
  const lineOf = (copy: PayloadSchema) => members(copy).lines!.items as unknown as Open;

  it.each<[string, (copy: PayloadSchema) => unknown]>([
    ['stay unchanged', () => undefined],
    ['gain an optional member', copy => (members(copy).note = { type: 'string', description: 'x' })],
    ['gain one deep inside', copy => (lineOf(copy).properties.note = { type: 'string' })],
    ['require less', copy => ((copy as unknown as Open).required = [])],
    ['list more values', copy => (members(copy).currency!.enum = ['USD', 'GBP', 'EUR'])],
    ['list values no more', copy => delete members(copy).currency!.enum],
    ['be described anew', copy => (members(copy).amount!.description = 'In cents, always.')],
    ['be annotated', copy => (members(copy).amount!.format = 'int64')],
  ])('may %s', (_, change) => {
    expect(changes(change)).toEqual([]);
  });

  it.each<[string, (copy: PayloadSchema) => unknown, RegExp]>([
    ['lose a member', copy => delete members(copy).currency, /^\/currency it was removed$/],
    [
      'retype one',
      copy => (members(copy).amount!.type = 'number'),
      /^\/amount its type was changed from "integer" to "number"$/,
    ],
    ['allow more types', copy => (members(copy).amount!.type = ['integer', 'null']), /its type/],
    [
      'require more',
      copy => (copy as unknown as Open).required!.push('currency'),
      /^\/currency it is required now$/,
    ],
    [
      'require a new member',
      copy => {
        members(copy).note = { type: 'string' };
        (copy as unknown as Open).required!.push('note');
      },
      /^\/note it is required now$/,
    ],
    ['list fewer values', copy => (members(copy).currency!.enum = ['EUR']), /enum allows less/],
    ['begin to list values', copy => (members(copy)['a/b~c']!.enum = ['x']), /^\/a~1b~0c its enum/],
    [
      'bound a number anew',
      copy => (members(copy).amount!.minimum = 2),
      /its minimum was changed from 1 to 2/,
    ],
    [
      'bound one at all',
      copy => (members(copy).amount!.maximum = 5),
      /its maximum was changed from none to 5/,
    ],
    [
      'lose a member of items',
      copy => delete lineOf(copy).properties.sku,
      /^\/lines\/\*\/sku it was removed$/,
    ],
    ['lose what its items are', copy => delete members(copy).lines!.items, /items are was removed/],
  ])('may not %s', (_, change, told) => {
    const found = changes(change);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(told);
  });
});
