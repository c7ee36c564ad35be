import { describe, expect, it } from 'vitest';
import { Recent } from '#embedded/storage/recent.ts';

describe('what was used last', () => {
  it('is made once, and again once others have displaced it', async () => {
    const recent = new Recent<string>(2);
    const made: string[] = [];
    const of = (key: string) =>
      recent.of(key, async () => {
        made.push(key);
        return `${key}!`;
      });
    expect(await Promise.all([of('a'), of('a'), of('b'), of('a'), of('c')])).toEqual([
      'a!',
      'a!',
      'b!',
      'a!',
      'c!',
    ]);
    await of('a');
    await of('b');
    expect(made).toEqual(['a', 'b', 'c', 'b']);
  });

  it('is made again if that failed', async () => {
    const recent = new Recent<string>(2);
    await expect(recent.of('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await recent.of('a', async () => 'yes')).toBe('yes');
  });
});
