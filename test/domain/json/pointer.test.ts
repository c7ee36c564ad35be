import { expect, it } from 'vitest';
import { pointerToken } from '#domain/json/pointer.ts';

it('escapes a reference token as RFC 6901 says, section 5 included', () => {
  expect(['foo', '', 'a/b', 'm~n', '~1', ' ', 0].map(pointerToken)).toEqual([
    '/foo',
    '/',
    '/a~1b',
    '/m~0n',
    '/~01',
    '/ ',
    '/0',
  ]);
});
