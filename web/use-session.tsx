/**
 * Who is signed in. Once the server says that they may see nothing, or no longer, everything that was shown
 * is dropped with the components that hold it. A page that comes back from the browser's cache asks again
 * before it shows anything.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiProblem, PageApi, type Problem } from './api.ts';
import { sleepUntilRetry } from './retry.ts';
import type { Session } from './session.ts';
import { mayBeElsewhere, openedElsewhere } from './signin/elsewhere.ts';
import { type Browser, type Issuer, openIssuer } from './signin/issuer.ts';

export type SignIn =
  | { is: 'loading' }
  | { is: 'in'; session: Session }
  | { is: 'link'; login: string }
  | { is: 'failed'; problem: Problem }
  /** Of staff: it is looked up why. */
  | { is: 'refused'; problem: Problem; was: Session }
  | { is: 'elsewhere'; was: Session; now: Session }
  | { is: 'out'; problem: Problem | undefined };

/**
 * The login of a link, which is taken out of the URL at once, so that it is in no history and no bookmark.
 */
const takeLogin = (): string | undefined => {
  const [, login] = /^#login=([\w-]+)$/.exec(location.hash) ?? [];
  if (login !== undefined) history.replaceState(null, '', location.pathname);
  return login;
};

export const useSession = () => {
  const [signIn, setSignIn] = useState<SignIn>(() => {
    const login = takeLogin();
    return login === undefined ? { is: 'loading' } : { is: 'link', login };
  });
  const [isAway, setAway] = useState(false);
  const issuer = useRef<Issuer>(undefined);
  const [canSignIn, setCanSignIn] = useState(false);
  const [api] = useState(
    () =>
      new PageApi({
        base: new URL('.', location.href).pathname,
        fetch: globalThis.fetch.bind(globalThis),
        token: () => issuer.current?.token(),
        sleep: sleepUntilRetry,
        random: Math.random,
        onRefused: problem => setSignIn(last => afterRefusal(problem, last)),
        onAway: setAway,
      }),
  );

  const ask = useCallback(async () => {
    setSignIn({ is: 'loading' });
    try {
      issuer.current ??= await openIssuer(await api.text('GET', 'config.json'), browser);
      setCanSignIn(issuer.current !== undefined);
      setSignIn(await whoIsIn(api, issuer.current));
    } catch (error) {
      // The next attempt begins anew: a return from the issuer counts once.
      issuer.current = undefined;
      setSignIn(failureOf(error));
    }
  }, [api]);

  const isLoading = signIn.is === 'loading';
  useEffect(() => {
    if (isLoading) void ask();
  }, [isLoading, ask]);

  useEffect(() => {
    if (signIn.is !== 'refused') return;
    const { problem, was } = signIn;
    const settle = (next: SignIn): void => setSignIn(last => (last === signIn ? next : last));
    openedElsewhere(api, was).then(
      now => settle(now ? { is: 'elsewhere', was, now } : { is: 'out', problem }),
      (error: unknown) => settle(failureOf(error)),
    );
  }, [api, signIn]);

  useEffect(() => {
    const onShow = ({ persisted }: PageTransitionEvent): void => {
      if (persisted) setSignIn({ is: 'loading' });
    };
    const onLink = (): void => {
      const login = takeLogin();
      if (login !== undefined) setSignIn({ is: 'link', login });
    };
    addEventListener('pageshow', onShow);
    addEventListener('hashchange', onLink);
    return () => {
      removeEventListener('pageshow', onShow);
      removeEventListener('hashchange', onLink);
    };
  }, []);

  const signOut = useCallback(async () => {
    try {
      if (issuer.current) issuer.current.forget();
      else await api.text('DELETE', 'v1/session');
      setSignIn({ is: 'out', problem: undefined });
    } catch (error) {
      setSignIn(failureOf(error));
    }
  }, [api]);

  const leave = useCallback(() => {
    issuer.current?.leave().catch((error: unknown) => setSignIn(failureOf(error)));
  }, []);

  return {
    api,
    signIn,
    leave: canSignIn ? leave : undefined,
    setSignIn,
    isAway,
    signOut,
    askAgain: () => setSignIn({ is: 'loading' }),
  };
};

const browser: Browser = {
  href: () => location.href,
  replace: url => history.replaceState(null, '', url),
  assign: url => location.assign(url),
  // Read only when it is used: in a frame of another site, browsers throw.
  get storage() {
    return sessionStorage;
  },
  fetch: globalThis.fetch.bind(globalThis),
  nowMs: Date.now,
};

/** Staff are never admins: what they ask for somebody who is not an admin is refused, and says nothing of them. */
const isOfAnother = ({ code }: Problem, signIn: SignIn): boolean =>
  code === 'not_an_admin' && signIn.is === 'in' && signIn.session.role !== 'admin';

const afterRefusal = (problem: Problem, last: SignIn): SignIn => {
  if (isOfAnother(problem, last)) return last;
  if (last.is === 'in' && mayBeElsewhere(problem, last.session))
    return { is: 'refused', problem, was: last.session };
  // Other requests of the same view are refused too.
  const isKnown = problem.status === 403 && (last.is === 'refused' || last.is === 'elsewhere');
  return isKnown ? last : { is: 'out', problem };
};

const whoIsIn = async (api: PageApi, issuer: Issuer | undefined): Promise<SignIn> => {
  if (!issuer) return { is: 'in', session: await api.ask<'Session'>('GET', 'v1/session') };
  const session = await issuer.returned();
  // Tokens go with the page: whoever loads it again signs in again, mostly without being asked for anything.
  return session ? { is: 'in', session } : { is: 'out', problem: undefined };
};

/** Who was never signed in is not told that their session has ended. */
const failureOf = (error: unknown): SignIn => {
  const problem =
    error instanceof ApiProblem
      ? error.problem
      : { status: 400, code: 'sign_in', detail: error instanceof Error ? error.message : String(error) };
  return problem.status === 401 ? { is: 'out', problem: undefined } : { is: 'failed', problem };
};
