import { expect, it } from 'vitest';
import { needsConfirmation } from '#domain/deliver/backlog.ts';

it('needs a confirmation from what was filed more than a day ago on', () => {
  const nowMs = Date.parse('2026-11-26T10:00:00Z');
  expect(needsConfirmation('2026-11-25T09:59:59.999000000Z', nowMs)).toBe(true);
  expect(needsConfirmation('2026-11-25T10:00:00.000000000Z', nowMs)).toBe(false);
  expect(needsConfirmation('2026-11-27T00:00:00.000000000Z', nowMs)).toBe(false);
});
