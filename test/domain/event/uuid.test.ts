import { expect, it } from 'vitest';
import { isUuid } from '#domain/event/uuid.ts';

it('is 32 lowercase hexadecimal digits in five groups', () => {
  expect(isUuid('0191f3a0-0000-7000-8000-0123456789ab')).toBe(true);
  for (const text of [
    '0191F3A0-0000-7000-8000-0123456789AB',
    '0191f3a000007000800000000000000a',
    '',
    '0191f3a0*',
  ])
    expect(isUuid(text)).toBe(false);
});
