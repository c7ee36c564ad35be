/** What every view of the page has: how to ask, who asks, and what is shown, which the URL holds. */
import { createContext, useContext } from 'react';
import type { PageApi } from './api.ts';
import type { Session } from './session.ts';
import type { Zone } from './time.ts';
import type { View } from './view.ts';

export type Page = {
  api: PageApi;
  session: Session;
  /** Whose log it is. */
  scopeId: string;
  view: View;
  /** Changes parts of the view; `replace` makes no entry in the browser's history. */
  change(part: Partial<View>, how?: 'push' | 'replace'): void;
  /** In which zone times are shown. */
  zone: Zone;
};

export const PageContext = createContext<Page | undefined>(undefined);

export const usePage = (): Page => {
  const page = useContext(PageContext);
  if (!page) throw new Error('A view is rendered within the page only');
  return page;
};
