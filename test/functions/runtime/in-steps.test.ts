import { describe, expect, it } from 'vitest';
import { inSteps } from '#functions/runtime/in-steps.ts';

describe('work in steps', () => {
  it('lets others run between its steps, and gives its result', async () => {
    const done: string[] = [];
    const steps = function* (): Generator<void, string> {
      for (const step of ['first', 'second', 'third']) {
        done.push(step);
        setImmediate(() => done.push(`after ${step}`));
        yield;
      }
      return 'result';
    };
    expect(await inSteps(steps())).toBe('result');
    expect(done).toEqual(['first', 'after first', 'second', 'after second', 'third', 'after third']);
  });

  it('fails as its steps do', async () => {
    const steps = function* (): Generator<void, string> {
      yield;
      throw new Error('no');
    };
    await expect(inSteps(steps())).rejects.toThrow('no');
  });
});
