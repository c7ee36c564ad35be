/** The page in a frame of another page: the log alone. Everything else is a link to the full page. */
import { lazy, useMemo } from 'react';
import { Who } from './header.tsx';
import type { Page } from './page-context.tsx';
import { Banners, PageView, zoneOf } from './page-view.tsx';
import { Failed, Loading, State } from './states.tsx';
import { useEmbedding } from './use-embedding.tsx';
import { useView } from './use-view.tsx';
import { printView, type Tab, type View } from './view.ts';
import { laterWords } from './words/later-words.ts';
import { words } from './words.ts';

const { embed: said } = laterWords;

const Log = lazy(async () => ({ default: (await import('./log/log.tsx')).Log }));
const tabsOfFullPage: readonly Tab[] = ['log', 'exports', 'schedules', 'deliveries'];

const leadsAway = ({ tab = 'log' }: Partial<View>): boolean => tab !== 'log';
const openFullPage = (view: View): void => void open(`./${printView(view)}`, '_blank', 'noopener,noreferrer');

export const EmbeddedApp = () =>
  parent === window ? (
    <State {...said.notFramed}>
      <a href={`./${location.hash}`}>{words.page.title}</a>
    </State>
  ) : (
    <Framed />
  );

const Framed = () => {
  const { api, state, isAway, askAgain } = useEmbedding();
  const { view, faults, change } = useView();
  const session = state.is === 'in' ? state.session : undefined;
  const page = useMemo<Page | undefined>(
    () =>
      session && session.scope_id !== null
        ? {
            api,
            session,
            scopeId: session.scope_id,
            view,
            change: (part, how) => (leadsAway(part) ? openFullPage({ ...view, ...part }) : change(part, how)),
            zone: zoneOf(view),
          }
        : undefined,
    [api, session, view, change],
  );
  return (
    <>
      {page && <FramedHeader page={page} />}
      <Banners page={page} isAway={isAway} faults={faults} />
      <main id="content" tabIndex={-1}>
        {state.is === 'waiting' && <Loading text={said.waiting} />}
        {state.is === 'out' && (
          <State {...(state.problem.status === 403 ? words.states.noRight : said.ended)} />
        )}
        {state.is === 'failed' && <Failed problem={state.problem} onRetry={askAgain} />}
        {/* Another user's page begins anew. */}
        {page && (
          <PageView
            key={JSON.stringify([page.scopeId, page.session.user_id])}
            page={page}
            tab="log"
            view={Log}
          />
        )}
      </main>
    </>
  );
};

const FramedHeader = ({ page: { view, scopeId, session } }: { page: Page }) => (
  <header className="page-header">
    <h1>{words.page.title}</h1>
    <Who scopeId={scopeId} session={session} />
    <nav aria-label={said.fullPage}>
      {tabsOfFullPage.map(tab => (
        <a
          key={tab}
          href={`./${printView({ ...view, scope: scopeId, tab, item: undefined })}`}
          target="_blank"
          rel="noopener noreferrer"
          title={said.fullPage}
        >
          {words.page.tabs[tab]}
        </a>
      ))}
    </nav>
  </header>
);
