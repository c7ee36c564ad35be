/**
 * Who is signed in. Once the server says that they may see nothing, or no longer, everything that was shown
 * is dropped with the components that hold it. A page that comes back from the browser's cache asks again
 * before it shows anything.
 */
import { useCallback, useEffect, useState } from 'react';
import { ApiProblem, PageApi, type Problem, sleep } from './api.ts';
import type { Session } from './session.ts';

export type SignIn =
  | { is: 'loading' }
  | { is: 'in'; session: Session }
  | { is: 'link'; login: string }
  | { is: 'failed'; problem: Problem }
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
  const [api] = useState(
    () =>
      new PageApi({
        base: new URL('.', location.href).pathname,
        fetch: globalThis.fetch.bind(globalThis),
        sleep,
        random: Math.random,
        onRefused: problem => setSignIn({ is: 'out', problem }),
        onAway: setAway,
      }),
  );

  const ask = useCallback(async () => {
    setSignIn({ is: 'loading' });
    try {
      setSignIn({ is: 'in', session: JSON.parse(await api.text('GET', 'v1/session')) as Session });
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      const { problem } = error;
      // Who was never signed in is not told that their session has ended.
      setSignIn(problem.status === 401 ? { is: 'out', problem: undefined } : { is: 'failed', problem });
    }
  }, [api]);

  const isLoading = signIn.is === 'loading';
  useEffect(() => {
    if (isLoading) void ask();
  }, [isLoading, ask]);

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
    await api.text('DELETE', 'v1/session');
    setSignIn({ is: 'out', problem: undefined });
  }, [api]);

  return { api, signIn, setSignIn, isAway, signOut, askAgain: () => setSignIn({ is: 'loading' }) };
};
