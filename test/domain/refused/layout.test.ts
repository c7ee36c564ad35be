import { describe, expect, it } from 'vitest';
import {
  endedRefusedKey,
  itemOfRefusedItemKey,
  openRefusedFrom,
  openRefusedKey,
  openRefusedOfPrefix,
  parseRefusedEntry,
  parseRefusedFileKey,
  refusedFileKey,
  refusedItemKey,
  scopeSha256,
} from '#domain/refused/layout.ts';

const at = '2026-11-22T12:00:00.000000000Z';
const filedAt = '2026-11-23T12:00:00.000000001Z';
const endedAt = '2026-11-24T12:00:00.000000000Z';
const key = 'a'.repeat(64);
const scope = scopeSha256('acme');

describe('the keys of refused items', () => {
  it('give back what they are made of', () => {
    expect(parseRefusedFileKey(refusedFileKey(7, filedAt, key, 2))).toEqual({ filedAt, item: key });
    expect(itemOfRefusedItemKey(refusedItemKey(key))).toBe(key);
    for (const of of [scope, undefined]) {
      const entry = { key, scope: of, at, filedAt };
      expect(parseRefusedEntry(openRefusedKey(entry))).toEqual({ ...entry, endedAt: undefined });
      expect(parseRefusedEntry(endedRefusedKey(entry, endedAt))).toEqual({ ...entry, endedAt });
    }
  });

  it('of a scope sort by when the item occurred', () => {
    const open = openRefusedKey({ key, scope, at, filedAt });
    expect(open.startsWith(openRefusedOfPrefix(scope))).toBe(true);
    expect(open.startsWith(openRefusedOfPrefix(undefined))).toBe(true);
    expect(open > openRefusedFrom(scope, at)).toBe(true);
    expect(open > openRefusedFrom(scope, filedAt)).toBe(false);
  });

  it('are no others', () => {
    const file = refusedFileKey(7, filedAt, key, 2);
    for (const other of [
      'refused/usage.json',
      file.slice(0, -1),
      file.replace('11-23', '13-23'),
      `${file}/x`,
    ])
      expect(parseRefusedFileKey(other), other).toBeUndefined();
    const open = openRefusedKey({ key, scope, at, filedAt });
    for (const other of ['refused-open/x', `${open}0`, open.replace('T120000', 'T126000')])
      expect(parseRefusedEntry(other), other).toBeUndefined();
  });
});
