import { expect, it } from 'vitest';
import { nearMiss } from '#domain/near-miss.ts';

it('finds the name that was probably meant, of which at most a quarter differs', () => {
  const known = ['order.refund', 'order.create', 'a.b'];
  expect(nearMiss('order.refunds', known)).toBe('order.refund');
  expect(nearMiss('ordr.create', known)).toBe('order.create');
  expect(nearMiss('quite.another', known)).toBeUndefined();
  expect(nearMiss('x', [])).toBeUndefined();
});
