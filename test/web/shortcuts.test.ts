import { expect, it } from 'vitest';
import { memoryStorage } from '#web/safe-storage.ts';
import { hasShortcuts, setShortcuts } from '#web/shortcuts.ts';

it('single keys do something until they are turned off, and again once they are turned on', () => {
  const storage = memoryStorage();
  expect(hasShortcuts(storage)).toBe(true);
  setShortcuts(false, storage);
  expect(hasShortcuts(storage)).toBe(false);
  setShortcuts(true, storage);
  expect(hasShortcuts(storage)).toBe(true);
});
