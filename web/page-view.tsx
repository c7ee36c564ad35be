/** A view of the page, or the part of it that has come so far; and what is said above every view. */
import { Suspense } from 'react';
import { type Page, PageContext } from './page-context.tsx';
import { Banner, Boundary, ChunkFailed, Loading } from './states.tsx';
import type { Zone } from './time.ts';
import type { Tab, View } from './view.ts';
import { say, words } from './words.ts';

const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** In which zone the times of a view are shown. */
export const zoneOf = ({ zone }: View): Zone => (zone === 'local' ? browserZone : zone);

type BannersProps = { page: Page | undefined; isAway: boolean; faults: readonly string[] };

export const Banners = ({ page, isAway, faults }: BannersProps) => (
  <>
    {isAway && <Banner>{words.page.away}</Banner>}
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
