import { describe, expect, it } from 'vitest';
import { derivedId } from '#domain/derived-id.ts';

describe('a derived id', () => {
  it('is the same for the same parts, and a UUID of version 8', () => {
    expect(derivedId('export', 'e-1', 0, 'request')).toBe(derivedId('export', 'e-1', 0, 'request'));
    expect(derivedId('a')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('differs if a part does, wherever parts are divided', () => {
    const ids = [
      derivedId('a', 'b'),
      derivedId('ab'),
      derivedId('a', 'b', null),
      derivedId('a', 1),
      derivedId('a', '1'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});
