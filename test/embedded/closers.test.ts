import { describe, expect, it } from 'vitest';
import { Closers } from '#embedded/closers.ts';

describe('what has been opened', () => {
  it('is closed in the opposite order, all of it, whatever fails, and once', async () => {
    const closed: string[] = [];
    const closers = new Closers();
    const close = (name: string) => closers.push(async () => void closed.push(name));
    close('first');
    closers.push(() => Promise.reject(new Error('the second cannot')));
    closers.push(() => {
      throw new Error('nor the third');
    });
    close('last');
    await expect(closers.close()).rejects.toThrow(
      'The server has stopped, but not all of it well: Error: nor the third; Error: the second cannot',
    );
    expect(closed).toEqual(['last', 'first']);
    await closers.close();
    expect(closed).toHaveLength(2);
  });
});
