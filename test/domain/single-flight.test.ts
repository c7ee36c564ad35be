import { describe, expect, it } from 'vitest';
import { SingleFlight } from '#domain/single-flight.ts';

describe('work that is done once per key', () => {
  it('is shared by those who ask while it runs, and by those who ask soon after', async () => {
    const flight = new SingleFlight<number>();
    let runs = 0;
    const work = async () => ++runs;
    expect(await Promise.all([flight.run('a', work), flight.run('a', work)])).toEqual([1, 1]);
    expect(await flight.run('a', work)).toBe(1);
    expect(await flight.run('b', work)).toBe(2);
  });

  it('is done again after a failure', async () => {
    const flight = new SingleFlight<string>();
    await expect(flight.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await flight.run('a', async () => 'yes')).toBe('yes');
  });

  it('is forgotten once there is too much of it, the oldest first', async () => {
    const flight = new SingleFlight<number>(2);
    let runs = 0;
    const work = async () => ++runs;
    for (const key of ['a', 'b', 'c']) await flight.run(key, work);
    expect(await flight.run('c', work)).toBe(3);
    expect(await flight.run('a', work)).toBe(4);
  });
});
