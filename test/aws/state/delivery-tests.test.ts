import { expect, it } from 'vitest';
import { DeliveryTests } from '#aws/state/delivery-tests.ts';
import { memoryBucket } from '#test/support/memory-bucket.ts';

it('counts five tests an hour for each scope, also if the clock is set back', async () => {
  const clock = { ms: 10_000_000 };
  const tests = new DeliveryTests(memoryBucket('state').objects, () => clock.ms);
  for (let n = 0; n < 5; n++) expect(await tests.take('acme')).toBe(0);
  clock.ms += 600_000;
  expect(await tests.take('acme')).toBe(3_000_000);
  expect(await tests.take('other')).toBe(0);
  clock.ms += 3_000_000;
  expect(await tests.take('acme')).toBe(0);
  clock.ms -= 9_000_000;
  expect(await tests.take('acme')).toBe(0);
});
