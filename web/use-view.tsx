/** Holds the view that the URL's fragment says: back and forward work, and a link shows the same. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { parseView, printView, type View } from './view.ts';

export const useView = (): {
  view: View;
  faults: readonly string[];
  change: (part: Partial<View>, how?: 'push' | 'replace') => void;
} => {
  const [shown, setShown] = useState(() => parseView(location.hash));
  const latest = useRef(shown.view);
  useEffect(() => {
    const read = (): void => {
      const parsed = parseView(location.hash);
      latest.current = parsed.view;
      setShown(parsed);
    };
    addEventListener('popstate', read);
    addEventListener('hashchange', read);
    return () => {
      removeEventListener('popstate', read);
      removeEventListener('hashchange', read);
    };
  }, []);
  const change = useCallback((part: Partial<View>, how: 'push' | 'replace' = 'push') => {
    const view = { ...latest.current, ...part };
    const fragment = printView(view);
    if (fragment === printView(latest.current)) return;
    latest.current = view;
    if (how === 'push') history.pushState(null, '', fragment);
    else history.replaceState(null, '', fragment);
    setShown({ view, faults: [] });
  }, []);
  return { view: shown.view, faults: shown.faults, change };
};
