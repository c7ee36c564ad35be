import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { view as anyView } from '#test/support/views.ts';
import {
  deleteView,
  isSameView,
  keyOfViews,
  maxSavedViews,
  readSavedViews,
  saveView,
  toggleDefault,
} from '#web/log/saved-views.ts';
import { memoryStorage } from '#web/safe-storage.ts';
import { defaultView } from '#web/view.ts';

describe('saved views', () => {
  it('are read back as they were saved, without what was open', () => {
    fc.assert(
      fc.property(anyView, view => {
        const storage = memoryStorage();
        saveView(storage, 'k', 'mine', view);
        const [saved] = readSavedViews(storage, 'k');
        expect(isSameView(saved!.view, view)).toBe(true);
        expect(saved).toMatchObject({
          name: 'mine',
          isDefault: false,
          view: { event: undefined, scope: undefined },
        });
      }),
    );
  });

  it('have one of each name, at most one default, and a bound', () => {
    const storage = memoryStorage();
    for (let n = 0; n < maxSavedViews + 5; n++) saveView(storage, 'k', `v${n}`, defaultView);
    expect(readSavedViews(storage, 'k')).toHaveLength(maxSavedViews);
    toggleDefault(storage, 'k', 'v20');
    expect(toggleDefault(storage, 'k', 'v30').filter(({ isDefault }) => isDefault)).toHaveLength(1);
    expect(saveView(storage, 'k', 'v30', { ...defaultView, query: 'x' })[0]).toMatchObject({
      name: 'v30',
      isDefault: true,
      view: { query: 'x' },
    });
    expect(toggleDefault(storage, 'k', 'v30').some(({ isDefault }) => isDefault)).toBe(false);
    expect(deleteView(storage, 'k', 'v30').some(({ name }) => name === 'v30')).toBe(false);
  });

  it('of a storage that somebody else wrote are what can be read', () => {
    for (const text of ['{', 'null', '{}', '[null,7,{"name":1}]']) {
      const storage = memoryStorage();
      storage.setItem('k', text);
      expect(readSavedViews(storage, 'k'), text).toEqual([]);
    }
  });

  it('stand under a key of whose they are', async () => {
    const keys = await Promise.all([
      keyOfViews('https://a', 'acme', 'u-1'),
      keyOfViews('https://a', 'acme', 'u-2'),
      keyOfViews('https://a', 'acmeu', '-1'),
      keyOfViews('https://b', 'acme', 'u-1'),
    ]);
    expect(new Set(keys).size).toBe(4);
    expect(keys[0]).toMatch(/^annals-views-[0-9a-f]{64}$/);
  });
});
