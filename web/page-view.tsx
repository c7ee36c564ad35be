/** A view of the page, or the part of it that has come so far; and what is said above every view. */
import { Suspense, useSyncExternalStore } from 'react';
import { type Page, PageContext } from './page-context.tsx';
import { retryNow } from './retry.ts';
import { Action, Banner, Boundary, ChunkFailed, Loading } from './states.tsx';
import type { Zone } from './time.ts';
import type { Tab, View } from './view.ts';
import { say, words } from './words.ts';

const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** In which zone the times of a view are shown. */
export const zoneOf = ({ zone }: View): Zone => (zone === 'local' ? browserZone : zone);

type BannersProps = { page: Page | undefined; isAway: boolean; faults: readonly string[] };

const subscribe = (onChange: () => void): (() => void) => {
  addEventListener('online', onChange);
  addEventListener('offline', onChange);
  return () => {
    removeEventListener('online', onChange);
    removeEventListener('offline', onChange);
  };
};
const useOnline = (): boolean => useSyncExternalStore(subscribe, () => navigator.onLine);

/** What is shown stays while the server cannot be reached. */
const Absence = ({ isAway }: { isAway: boolean }) => {
  const isOnline = useOnline();
  if (!isOnline) return <Banner>{words.page.offline}</Banner>;
  return isAway ? (
    <Banner>
      {words.page.away} <Action onClick={() => retryNow()}>{words.page.retryNow}</Action>
    </Banner>
  ) : null;
};

export const Banners = ({ page, isAway, faults }: BannersProps) => (
  <>
    <Absence isAway={isAway} />
    {faults.length > 0 && <Banner>{say(words.page.viewFaults, { faults: faults.join(', ') })}</Banner>}
    {page && page.view.scope !== undefined && page.view.scope !== page.scopeId && (
      <Banner>{say(words.page.foreignView, { scope: page.view.scope, own: page.scopeId })}</Banner>
    )}
  </>
);

type PageViewProps = { page: Page; tab: Tab; view: React.LazyExoticComponent<() => React.ReactNode> };

export const PageView = ({ page, tab, view: Tab }: PageViewProps) => (
  <PageContext value={page}>
    <Boundary key={tab} fallback={() => <ChunkFailed />}>
      <Suspense fallback={<Loading />}>
        <Tab />
      </Suspense>
    </Boundary>
  </PageContext>
);
