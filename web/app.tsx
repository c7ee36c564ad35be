/** The page: who is signed in, the view that the URL says, and the tab of it. */
import { lazy, Suspense, useMemo, useState } from 'react';
import { PageHeader } from './header.tsx';
import type { Page } from './page-context.tsx';
import { Banners, PageView, zoneOf } from './page-view.tsx';
import type { Session } from './session.ts';
import { Boundary, ChunkFailed, Failed, Loading, SignedOut } from './states.tsx';
import { useSession } from './use-session.tsx';
import { useView } from './use-view.tsx';
import { type Tab, tabs } from './view.ts';

const views: Record<Tab, React.LazyExoticComponent<() => React.ReactNode>> = {
  log: lazy(async () => ({ default: (await import('./log/log.tsx')).Log })),
  exports: lazy(async () => ({ default: (await import('./exports/exports.tsx')).Exports })),
  schedules: lazy(async () => ({ default: (await import('./schedules/schedules.tsx')).Schedules })),
  deliveries: lazy(async () => ({ default: (await import('./deliveries/deliveries.tsx')).Deliveries })),
  admins: lazy(async () => ({ default: (await import('./activity/admins.tsx')).Admins })),
  gaps: lazy(async () => ({ default: (await import('./activity/gaps.tsx')).Gaps })),
};

const OpenScope = lazy(async () => ({ default: (await import('./signin/open-scope.tsx')).OpenScope }));
const Elsewhere = lazy(async () => ({
  default: (await import('./signin/elsewhere-view.tsx')).Elsewhere,
}));
const SignInView = lazy(async () => ({ default: (await import('./signin/sign-in-view.tsx')).SignInView }));

/** Which views somebody has; the others are the operator's. */
const tabsOf = ({ role }: Session): Tab[] =>
  role === 'operator' ? [...tabs] : ['log', 'exports', 'schedules', 'deliveries'];

/** What was asked of one customer's log is not asked of another's. */
const beginning = { tab: 'log', query: '', scope: undefined, event: undefined, item: undefined } as const;

export const App = () => {
  const { api, signIn, leave, setSignIn, isAway, signOut, askAgain } = useSession();
  const { view, faults, change } = useView();
  const [isOpening, setOpening] = useState(false);
  const session = signIn.is === 'in' ? signIn.session : undefined;
  const page = useMemo<Page | undefined>(
    () =>
      session && session.scope_id !== null
        ? { api, session, scopeId: session.scope_id, view, change, zone: zoneOf(view) }
        : undefined,
    [api, session, view, change],
  );
  const tab = session && tabsOf(session).includes(view.tab) ? view.tab : 'log';
  return (
    <>
      <PageHeader
        page={page}
        tabs={session ? tabsOf(session) : []}
        tab={tab}
        onSignOut={signOut}
        onOther={session && session.role !== 'admin' ? () => setOpening(true) : undefined}
      />
      <Banners page={page} isAway={isAway} faults={faults} />
      <main id="content" tabIndex={-1}>
        {(signIn.is === 'loading' || signIn.is === 'refused') && <Loading />}
        {signIn.is === 'out' && <SignedOut problem={signIn.problem} onSignIn={leave} />}
        {signIn.is === 'failed' && <Failed problem={signIn.problem} onRetry={askAgain} />}
        {signIn.is === 'link' && (
          <Boundary fallback={() => <ChunkFailed />}>
            <Suspense fallback={<Loading />}>
              <SignInView
                api={api}
                login={signIn.login}
                onSignedIn={signedIn => setSignIn({ is: 'in', session: signedIn })}
                onStay={askAgain}
              />
            </Suspense>
          </Boundary>
        )}
        {signIn.is === 'elsewhere' && (
          <Boundary fallback={() => <ChunkFailed />}>
            <Suspense fallback={<Loading />}>
              <Elsewhere
                api={api}
                was={signIn.was}
                now={signIn.now}
                onOpened={opened => setSignIn({ is: 'in', session: opened })}
                onOther={() => {
                  change(beginning);
                  setSignIn({ is: 'in', session: signIn.now });
                }}
              />
            </Suspense>
          </Boundary>
        )}
        {page && isOpening && (
          <Boundary fallback={() => <ChunkFailed />}>
            <Suspense fallback={<Loading />}>
              <OpenScope
                api={api}
                onOpened={opened => {
                  change(beginning);
                  setSignIn({ is: 'in', session: opened });
                  setOpening(false);
                }}
                onClose={() => setOpening(false)}
              />
            </Suspense>
          </Boundary>
        )}
        {page && !isOpening && <PageView key={page.scopeId} page={page} tab={tab} view={views[tab]} />}
      </main>
    </>
  );
};
