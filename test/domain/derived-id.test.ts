import { expect, it } from 'vitest';
import { derivedId } from '#domain/derived-id.ts';
import { isUuid } from '#domain/event/uuid.ts';

it('is the same UUID for the same parts, and another for others', () => {
  expect(derivedId('a', 1)).toBe(derivedId('a', 1));
  expect(isUuid(derivedId('a', 1))).toBe(true);
  const others = [
    derivedId('a', 1),
    derivedId('a', '1'),
    derivedId('a'),
    derivedId('a1'),
    derivedId('', 'a1'),
  ];
  expect(new Set(others).size).toBe(others.length);
});
