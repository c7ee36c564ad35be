import { expect, it } from 'vitest';
import { type Waiter, waitFor } from '#client/waiters.ts';

it('a caller waits until it is told, or its time is over, and is forgotten then', async () => {
  const waiting = new Set<Waiter<string>>();
  const place = {
    add: (waiter: Waiter<string>) => void waiting.add(waiter),
    remove: (waiter: Waiter<string>) => void waiting.delete(waiter),
  };
  const told = waitFor(60_000, () => new Error('late'), place);
  for (const waiter of waiting) waiter.resolve('done');
  expect(await told).toBe('done');
  await expect(waitFor(1, () => new Error('late'), place)).rejects.toThrow('late');
  expect(waiting.size).toBe(0);
});
