/** A storage of the browser, replaced by memory once it throws. */

export type TextStorage = { getItem(key: string): string | null; setItem(key: string, value: string): void };

export const memoryStorage = (): TextStorage => {
  const items = new Map<string, string>();
  return { getItem: key => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) };
};

/** Uses the storage until it throws. */
export const safeStorage = (open: () => TextStorage): TextStorage => {
  const memory = memoryStorage();
  const attempt = <T>(use: (storage: TextStorage) => T): T => {
    try {
      return use(open());
    } catch {
      // A browser may forbid it, or it is full.
      return use(memory);
    }
  };
  return {
    getItem: key => attempt(storage => storage.getItem(key)) ?? memory.getItem(key),
    setItem: (key, value) => attempt(storage => storage.setItem(key, value)),
  };
};

/** What this browser keeps; it is opened only when it is used. */
export const browserStorage = safeStorage(
  () => (globalThis as unknown as { localStorage: TextStorage }).localStorage,
);
