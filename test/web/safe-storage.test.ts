import { describe, expect, it } from 'vitest';
import { memoryStorage, safeStorage } from '#web/safe-storage.ts';

describe('a storage', () => {
  it('is memory if that of the browser throws', () => {
    const storage = safeStorage(() => {
      throw new Error('SecurityError');
    });
    storage.setItem('k', 'v');
    expect(storage.getItem('k')).toBe('v');
    expect(storage.getItem('other')).toBeNull();
  });

  it('is that of the browser otherwise', () => {
    const real = memoryStorage();
    const storage = safeStorage(() => real);
    storage.setItem('k', 'v');
    expect(real.getItem('k')).toBe('v');
    expect(storage.getItem('k')).toBe('v');
  });
});
