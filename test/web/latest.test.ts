import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Latest } from '#web/latest.ts';

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

describe('the latest question', () => {
  it('is the only one that is answered, in whatever order answers arrive', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 6 }), async (scheduler, count) => {
        const latest = new Latest(async () => undefined);
        const asked = Array.from({ length: count }, (_, n) =>
          latest.run(() => scheduler.schedule(Promise.resolve(n))),
        );
        await scheduler.waitAll();
        expect(await Promise.all(asked)).toEqual([
          ...Array(count - 1).fill(undefined),
          { answer: count - 1 },
        ]);
      }),
    );
  });

  it('aborts the one before', async () => {
    const latest = new Latest(async () => undefined);
    const first = latest.run(aborted);
    const second = latest.run(async () => 2);
    expect(await first).toBeUndefined();
    expect(await second).toEqual({ answer: 2 });
    const third = latest.run(aborted);
    latest.stop();
    expect(await third).toBeUndefined();
  });

  it('is not asked at all if a later one comes while it is held back', async () => {
    const latest = new Latest((_, signal) => aborted(signal));
    const asked: number[] = [];
    const first = latest.run(async () => asked.push(1), 250);
    await latest.run(async () => asked.push(2));
    expect(await first).toBeUndefined();
    expect(asked).toEqual([2]);
  });

  it('fails if it is the latest that fails', async () => {
    const latest = new Latest(async () => undefined);
    await expect(latest.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });
});
