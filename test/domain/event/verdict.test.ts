import { expect, it } from 'vitest';
import { RuleViolation, verdictOf } from '#domain/event/verdict.ts';

it('a broken rule is the verdict, and any other error is thrown on', () => {
  expect(verdictOf(() => 1)).toBe(1);
  expect(
    verdictOf(() => {
      throw new RuleViolation('invalid_type', '/actor', 'Expected an object, got a string');
    }),
  ).toEqual({ code: 'invalid_type', path: '/actor', message: 'Expected an object, got a string' });
  expect(() =>
    verdictOf(() => {
      throw new TypeError('a bug');
    }),
  ).toThrow('a bug');
});
