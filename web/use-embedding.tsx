/** Who looks at the page in a frame, as the page that holds it says. */
import { useEffect, useRef, useState } from 'react';
import { ApiProblem, PageApi, type Problem } from './api.ts';
import { type Embedded, Embedding, type Frame } from './embed.ts';
import { sleepUntilRetry } from './retry.ts';
import { parseConfig } from './session.ts';
import { laterWords } from './words/later-words.ts';

/** The frame in which this document is. */
const frame: Frame = {
  holder: parent,
  listen: onMessage => {
    addEventListener('message', onMessage);
    return () => removeEventListener('message', onMessage);
  },
  later: (run, ms) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

export const useEmbedding = () => {
  const [state, setState] = useState<Embedded>({ is: 'waiting' });
  const [isAway, setAway] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const embedding = useRef<Embedding>(undefined);
  const [api] = useState(
    () =>
      new PageApi({
        base: new URL('.', location.href).pathname,
        fetch: globalThis.fetch.bind(globalThis),
        token: () => embedding.current?.token(),
        embedder: () => embedding.current?.holderOrigin,
        sleep: sleepUntilRetry,
        random: Math.random,
        onRefused: problem => embedding.current?.refuse(problem),
        onAway: setAway,
      }),
  );

  useEffect(() => {
    const controller = new AbortController();
    setState({ is: 'waiting' });
    const begin = async (): Promise<void> => {
      const text = await api.text('GET', 'config.json', { signal: controller.signal });
      const origins = originsOf(text);
      if (controller.signal.aborted) return;
      embedding.current = new Embedding({ origins, frame, onChange: setState });
      embedding.current.start();
    };
    begin().catch((error: unknown) => {
      if (!controller.signal.aborted) setState({ is: 'failed', problem: problemOf(error) });
    });
    const onShow = ({ persisted }: PageTransitionEvent): void => {
      if (persisted) embedding.current?.restart();
    };
    addEventListener('pageshow', onShow);
    return () => {
      controller.abort(new Error('Asked again'));
      removeEventListener('pageshow', onShow);
      embedding.current?.stop();
      embedding.current = undefined;
    };
  }, [api, attempt]);

  return { api, state, isAway, askAgain: () => setAttempt(attempt + 1) };
};

const originsOf = (configText: string): string[] => {
  const config = parseConfig(configText);
  if (config.sign_in === 'session' && config.embed_origins.length > 0) return config.embed_origins;
  throw new Error(laterWords.embed.noOrigins);
};

const problemOf = (error: unknown): Problem =>
  error instanceof ApiProblem
    ? error.problem
    : { status: 400, code: 'embed', detail: error instanceof Error ? error.message : String(error) };
