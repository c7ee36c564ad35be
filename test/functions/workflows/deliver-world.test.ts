import { expect, it } from 'vitest';
import { nowOf, placeOf } from '#functions/workflows/deliver-world.ts';
import { openDeliverWorld } from '#test/support/deliver-world.ts';

it('says where a delivery has its place, and what time it is', async () => {
  const { create } = await openDeliverWorld();
  const delivery = await create('siem', { from: '2026-11-26T10:00:00.000000000Z' });
  expect(placeOf({ installation: 'i' }, delivery)).toEqual({
    installation: 'i',
    scopeId: 'acme',
    id: 'siem',
    incarnation: '00000000',
  });
  expect(nowOf({ nowMs: () => 0 })).toBe('1970-01-01T00:00:00.000000000Z');
});
