import { describe, expect, it } from 'vitest';
import { Windows } from '#embedded/stream/windows.ts';

/** Far longer than the test may take: a window that is not ended fails it. */
const long = 600_000;

describe('a window', () => {
  it('passes by itself', async () => {
    await new Windows().pass('a', 0n, 1);
  });

  it('ends if a record is demanded, and does not begin while one still is', async () => {
    const windows = new Windows();
    const passed = windows.pass('a', 3n, long);
    windows.demand('b', 9n);
    windows.demand('a', 5n);
    await passed;
    await windows.pass('a', 4n, long);
  });

  it('begins again once what was demanded has been taken', async () => {
    const windows = new Windows();
    windows.demand('a', 5n);
    windows.demand('a', 4n);
    let hasPassed = false;
    const passed = windows.pass('a', 5n, long).then(() => {
      hasPassed = true;
    });
    await Promise.resolve();
    expect(hasPassed).toBe(false);
    windows.end('a');
    await passed;
  });

  it('ends with all others, and never begins again, if they are closed', async () => {
    const windows = new Windows();
    const passed = [windows.pass('a', 0n, long), windows.pass('b', 0n, long)];
    windows.close();
    await Promise.all(passed);
    await windows.pass('a', 0n, long);
  });
});
