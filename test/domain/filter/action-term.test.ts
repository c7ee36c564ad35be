import { expect, it } from 'vitest';
import { isActionTerm } from '#domain/filter/action-term.ts';
import { parseTerm, type Term } from '#domain/filter/term.ts';

it.each([
  ['user.login', true],
  ['user.*', true],
  ['*', true],
  ['a..b', true],
  ['*.delete', false],
  ['User.login', false],
  ['user.', false],
  ['user-*', false],
])('%s can be of an action: %s', (text, expected) => {
  expect(isActionTerm(parseTerm(text) as Term)).toBe(expected);
});
