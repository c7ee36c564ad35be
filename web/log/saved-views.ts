/**
 * Views that somebody has kept in this browser, under a hash of whose they are: nobody else who uses the
 * browser is shown them.
 */
import type { TextStorage } from '../safe-storage.ts';
import { parseView, printView, type View } from '../view.ts';

export type SavedView = { name: string; view: View; isDefault: boolean };
type Stored = { name: string; fragment: string; isDefault: boolean };

export const maxSavedViews = 50;
export const maxNameUnits = 80;

/** Where the views of somebody are kept. */
export const keyOfViews = async (issuer: string, scopeId: string, userId: string): Promise<string> => {
  const bytes = new TextEncoder().encode(JSON.stringify([issuer, scopeId, userId]));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return `annals-views-${[...digest].map(byte => byte.toString(16).padStart(2, '0')).join('')}`;
};

/** What another version of the page, or another program, left there is not trusted. */
export const readSavedViews = (storage: TextStorage, key: string): SavedView[] => {
  let stored: unknown;
  try {
    stored = JSON.parse(storage.getItem(key) ?? '[]');
  } catch {
    return [];
  }
  if (!Array.isArray(stored)) return [];
  return stored
    .slice(0, maxSavedViews)
    .flatMap((entry: Partial<Stored> | null) =>
      typeof entry?.name === 'string' && typeof entry.fragment === 'string'
        ? [{ name: entry.name, view: parseView(entry.fragment).view, isDefault: entry.isDefault === true }]
        : [],
    );
};

const write = (storage: TextStorage, key: string, views: readonly SavedView[]): SavedView[] => {
  const kept = views.slice(0, maxSavedViews);
  const stored = kept.map(
    ({ name, view, isDefault }): Stored => ({ name, fragment: printView(view), isDefault }),
  );
  storage.setItem(key, JSON.stringify(stored));
  return kept;
};

/** What of a view is kept: what it asks and how it shows it, not what is open. */
const plain = (view: View): View => ({
  ...view,
  tab: 'log',
  event: undefined,
  item: undefined,
  scope: undefined,
});

/** Keeps the view under its name, in place of one of the same name. */
export const saveView = (storage: TextStorage, key: string, name: string, view: View): SavedView[] => {
  const known = readSavedViews(storage, key);
  const isDefault = known.some(saved => saved.name === name && saved.isDefault);
  return write(storage, key, [
    { name: name.slice(0, maxNameUnits), view: plain(view), isDefault },
    ...known.filter(saved => saved.name !== name),
  ]);
};

export const deleteView = (storage: TextStorage, key: string, name: string): SavedView[] =>
  write(
    storage,
    key,
    readSavedViews(storage, key).filter(saved => saved.name !== name),
  );

/** The view that is shown if a link says nothing; none if `name` was the default. */
export const toggleDefault = (storage: TextStorage, key: string, name: string): SavedView[] =>
  write(
    storage,
    key,
    readSavedViews(storage, key).map(saved => ({
      ...saved,
      isDefault: saved.name === name && !saved.isDefault,
    })),
  );

/** Whether a saved view is what is shown. */
export const isSameView = (a: View, b: View): boolean => printView(plain(a)) === printView(plain(b));
