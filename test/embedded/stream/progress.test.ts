import { describe, expect, it } from 'vitest';
import { Progress } from '#embedded/stream/progress.ts';

const long = 600_000;

describe('the progress of the event source', () => {
  it('wakes who waits for a record once that or a later one is taken', async () => {
    const progress = new Progress();
    const woken: string[] = [];
    const waits = [
      progress.reached('a', 2n, long).then(() => woken.push('a2')),
      progress.reached('b', 1n, long).then(() => woken.push('b1')),
      progress.reached('a', 9n, long).then(() => woken.push('a9')),
    ];
    progress.note('a', 1n);
    progress.note('a', 3n);
    await waits[0];
    expect(woken).toEqual(['a2']);
    expect([progress.of('a'), progress.of('b')]).toEqual([3n, 0n]);
    progress.close();
    await Promise.all(waits);
  });

  it('lets nobody wait for longer than they would, nor for what is taken', async () => {
    const progress = new Progress();
    progress.note('a', 3n);
    await progress.reached('a', 3n, long);
    await progress.reached('a', 4n, 1);
    progress.close();
    await progress.reached('a', 4n, long);
  });
});
