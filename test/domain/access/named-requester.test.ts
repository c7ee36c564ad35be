import { expect, it } from 'vitest';
import type { Caller } from '#domain/access/caller.ts';
import { namedRequester } from '#domain/access/named-requester.ts';

const admin: Caller = { role: 'admin', principal: 'u-1', scopeId: 'acme' };

it('is the admin who asks, and nobody else', () => {
  for (const given of [undefined, 'u-1']) expect(namedRequester(admin, given)).toEqual({ requester: 'u-1' });
  expect(namedRequester(admin, 'u-2')).toEqual({
    problem: {
      code: 'forbidden',
      message: 'An admin asks for themselves: leave requested_by out',
      path: '/requested_by',
    },
  });
});

it('is whom staff name, or nobody', () => {
  for (const role of ['support', 'operator'] as const)
    for (const given of [undefined, 'u-2'])
      expect(namedRequester({ role, principal: 'arn' }, given)).toEqual({ requester: given });
});
