import { describe, expect, it } from 'vitest';
import { fewAtOnce } from '#aws/few-at-once.ts';

describe('work on many things', () => {
  it('is done on a few at once, and gives the results in the order of the things', async () => {
    let running = 0;
    let most = 0;
    const results = await fewAtOnce(
      Array.from({ length: 20 }, (_, n) => n),
      async n => {
        most = Math.max(most, ++running);
        await new Promise(resolve => setTimeout(resolve, (20 - n) % 3));
        running--;
        return n * 2;
      },
      4,
    );
    expect(results).toEqual(Array.from({ length: 20 }, (_, n) => n * 2));
    expect(most).toBe(4);
    expect(await fewAtOnce([], async () => 1)).toEqual([]);
  });

  it('fails with the first failure', async () => {
    await expect(fewAtOnce([1, 2], n => Promise.reject(new Error(`no ${n}`)))).rejects.toThrow('no 1');
  });

  it('has nothing under way when it fails, and begins nothing after that', async () => {
    const ended: number[] = [];
    const failing = fewAtOnce(
      [1, 2, 3, 4],
      async n => {
        if (n === 1) throw new Error('no 1');
        await new Promise(resolve => setTimeout(resolve, 5));
        ended.push(n);
      },
      2,
    );
    await expect(failing).rejects.toThrow('no 1');
    expect(ended).toEqual([2]);
  });
});
