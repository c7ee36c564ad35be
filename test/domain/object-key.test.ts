import { describe, expect, it } from 'vitest';
import { eventKey, isStateCursor, pathToken, withColons, withoutColons } from '#domain/object-key.ts';

describe('the parts of keys', () => {
  it('hold no character of an outsider', () => {
    expect(pathToken('../"\u0000')).toMatch(/^[0-9a-f]{64}$/);
    expect(pathToken('a')).not.toBe(pathToken('A'));
  });

  it('are times without colons, and those times again', () => {
    const at = '2026-11-23T12:00:01.000000002Z';
    expect(withoutColons(at)).toBe('2026-11-23T120001.000000002Z');
    expect(withColons(withoutColons(at))).toBe(at);
  });

  it('sort as the events do', () => {
    expect(eventKey('p/', 9)).toBe('p/00000009.json');
    expect(eventKey('p/', 9) < eventKey('p/', 10)).toBe(true);
  });

  it('are a cursor only if a list can have given it', () => {
    expect(isStateCursor(pathToken('a'))).toBe(true);
    expect(isStateCursor(`${pathToken('a')}.json`)).toBe(true);
    for (const text of ['', 'a', `${pathToken('a')}/`, `../${pathToken('a')}`, `x${pathToken('a')}`])
      expect(isStateCursor(text), text).toBe(false);
  });
});
