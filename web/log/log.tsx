/** The log: what is asked, how far the answer goes, its rows, and the event that is open. */
import { lazy, Suspense, useEffect, useMemo, useReducer, useState } from 'react';
import type { PageApi } from '../api.ts';
import { usePage } from '../page-context.tsx';
import { questionOf } from '../question.ts';
import { nameOfView, rememberSeen } from '../seen.ts';
import { Action, Banner, Boundary, ChunkFailed, Failed, Loading } from '../states.tsx';
import { isLongLink, type View } from '../view.ts';
import { words } from '../words.ts';
import { Freshness } from './freshness.tsx';
import { QueryBar } from './query-bar.tsx';
import { keyOf, type Row } from './rows.ts';
import { RowsTable } from './rows-table.tsx';
import { Toolbar } from './toolbar.tsx';
import { useCatalogue } from './use-catalogue.tsx';
import { type Asked, type Shown, useLog } from './use-log.tsx';

const EventPanel = lazy(async () => ({ default: (await import('../event/event-panel.tsx')).EventPanel }));
const EmptyLog = lazy(async () => ({ default: (await import('./empty-log.tsx')).EmptyLog }));
const CopyRows = lazy(async () => ({ default: (await import('./copy-rows.tsx')).CopyRows }));
const LiveBar = lazy(async () => ({ default: (await import('./live-bar.tsx')).LiveBar }));
const Histogram = lazy(async () => ({ default: (await import('./histogram.tsx')).Histogram }));

/** What of the view changes the question. */
const useQuestion = ({ query, range }: View, scopeId: string) => {
  const [times, askAgain] = useReducer((n: number) => n + 1, 0);
  // A relative range is of the time when it is asked, and once more when it is asked again.
  const asked = useMemo((): Asked => {
    const atMs = Date.now();
    const question = questionOf({ query, range }, scopeId, atMs);
    return { what: nameOfView({ query, range }, scopeId), question, atMs, times };
  }, [query, range, scopeId, times]);
  return { asked, askAgain };
};

/** What an export of the view will hold. */
const useRemembered = (api: PageApi, { progress, asked }: Shown): void => {
  useEffect(() => {
    if (asked && progress?.newer && progress.complete_to !== null)
      rememberSeen(api, { ...asked, completeTo: progress.complete_to, newer: progress.newer });
  }, [api, progress, asked]);
};

export const Log = () => {
  const { api, view, change, scopeId } = usePage();
  const { asked, askAgain } = useQuestion(view, scopeId);
  const { shown, next, previous, goOn, refresh } = useLog(api, asked);
  useRemembered(api, shown);
  const catalogue = useCatalogue(api);
  const { rows, progress, problem, isLoading, cursors } = shown;
  const answered = shown.asked;
  const openKey =
    view.event && keyOf({ id: view.event.id, occurred_at: view.event.occurredAt } as Row['event']);
  const open = ({ event }: Row): void => change({ event: { id: event.id, occurredAt: event.occurred_at } });
  const ordered = view.order === 'newest' ? rows : [...rows].reverse();
  const at = ordered.findIndex(({ key }) => key === openKey);
  const [chosen, setChosen] = useState<ReadonlySet<string>>();
  const isSearching = isLoading && progress !== undefined;
  return (
    <div className={view.event ? 'log with-panel' : 'log'}>
      <div className="log-main">
        <QueryBar />
        <Toolbar
          onRefresh={view.range.kind === 'relative' ? askAgain : refresh}
          isCopying={chosen !== undefined}
          onCopying={() => setChosen(chosen ? undefined : new Set())}
        />
        {isLongLink(location.href) && <Banner>{words.page.longLink}</Banner>}
        {progress && answered && (
          <Boundary fallback={() => null}>
            <Suspense fallback={<div className="histogram-place" />}>
              <Histogram
                question={answered.question}
                completeTo={progress.complete_to}
                isWaiting={shown.isLoading}
              />
            </Suspense>
          </Boundary>
        )}
        {progress && <Freshness progress={progress} />}
        {progress?.newer && answered && (
          <Suspense fallback={null}>
            <LiveBar
              asked={answered}
              progress={progress}
              newer={progress.newer}
              catalogue={catalogue}
              open={open}
              openKey={openKey}
            />
          </Suspense>
        )}
        {problem && <Failed problem={problem} onRetry={refresh} />}
        {!problem && !isLoading && rows.length === 0 && progress && (
          <Suspense fallback={<Loading />}>
            <EmptyLog progress={progress} onContinue={goOn} />
          </Suspense>
        )}
        {isLoading && rows.length === 0 && (
          <Loading text={progress ? words.log.searching : words.page.loading} />
        )}
        {chosen && rows.length > 0 && (
          <Suspense fallback={null}>
            <CopyRows rows={ordered} keys={chosen} />
          </Suspense>
        )}
        {rows.length > 0 && (
          <RowsTable
            label={words.log.title}
            rows={ordered}
            selection={chosen && { keys: chosen, onChange: setChosen }}
            catalogue={catalogue}
            open={open}
            openKey={openKey}
          />
        )}
        <nav className="pages" aria-label={words.log.pages}>
          {isSearching && <Loading text={words.log.searching} />}
          {cursors.length > 1 && <Action onClick={previous}>{words.log.newer}</Action>}
          {rows.length > 0 && progress?.cursor && !isLoading && (
            <Action onClick={next}>{words.log.older}</Action>
          )}
          {rows.length > 0 && progress?.cursor === null && <span className="end">{words.log.end}</span>}
        </nav>
      </div>
      {view.event && (
        <Boundary key={openKey} fallback={() => <ChunkFailed />}>
          <Suspense fallback={<Loading />}>
            <EventPanel
              row={ordered[at]}
              previous={ordered[at - 1]}
              next={at < 0 ? undefined : ordered[at + 1]}
              onOpen={open}
              catalogue={catalogue}
            />
          </Suspense>
        </Boundary>
      )}
    </div>
  );
};
