/** Follows the log by the cursor of what is newer, as long as somebody looks; one tab of the browser asks. */
import { useEffect, useState } from 'react';
import { ApiProblem } from '../api.ts';
import { usePage } from '../page-context.tsx';
import type { Question } from '../question.ts';
import { printRange } from '../range.ts';
import { followLog, type Rest } from './follow.ts';
import { LiveFeed, type Told } from './live-feed.ts';
import { openTabs } from './live-tabs.ts';
import type { Row } from './rows.ts';
import { type Progress, searchEvents } from './use-log.tsx';

type Live = {
  rows: readonly Row[];
  /** How far the rows go, and the cursor of what comes after them. */
  completeTo: string | null;
  newer: string;
  rest: Rest | 'failed' | undefined;
  /** How many have come since somebody last looked. */
  come: number;
};

const nothing: Live = { rows: [], completeTo: null, newer: '', rest: undefined, come: 0 };
const inputs = ['pointerdown', 'keydown', 'wheel'] as const;
const limit = 100;

type UseLive = { question: Question; progress: Progress; newer: string; isOn: boolean };

export const useLive = ({ question, progress, newer, isOn }: UseLive) => {
  const { api, view, scopeId, session } = usePage();
  const [live, setLive] = useState(nothing);
  const key = JSON.stringify([question, newer]);
  useEffect(() => setLive(nothing), [key]);
  useEffect(() => {
    if (!isOn) return;
    const controller = new AbortController();
    const { signal } = controller;
    // Two tabs resolve a relative range to different instants, but follow the same.
    const followed = [location.pathname, scopeId, session.user_id, view.query, printRange(view.range)];
    const tabs = openTabs<Told>(
      JSON.stringify(followed),
      told => feed.hear(told, signal).catch(onFailure),
      navigator.locks,
    );
    const feed = new LiveFeed({
      newer,
      completeTo: progress.complete_to,
      search: (cursor, during) => searchEvents(api, { ...question, limit, cursor }, during),
      tell: tabs.tell,
      onCame: came => setLive(last => ({ ...last, ...came, come: last.come + came.come })),
    });
    const presence = watchPresence(signal);
    const onFailure = (error: unknown): void => {
      if (signal.aborted) return;
      if (!(error instanceof ApiProblem)) throw error;
      setLive(last => ({ ...last, rest: 'failed' }));
    };
    followLog(
      {
        ...presence,
        nowMs: Date.now,
        lead: tabs.lead,
        ask: during => feed.ask(during),
        onRest: rest => setLive(last => ({ ...last, rest })),
      },
      signal,
    ).catch(onFailure);
    return () => {
      controller.abort(new Error('Nobody follows any longer'));
      tabs.close();
    };
  }, [api, isOn, key]);

  return { live, look: () => setLive(last => ({ ...last, come: 0 })) };
};

/** Whether somebody looks, and when that may have changed. */
const watchPresence = (signal: AbortSignal) => {
  let inputAtMs = Date.now();
  for (const name of inputs)
    addEventListener(name, () => (inputAtMs = Date.now()), { passive: true, capture: true, signal });
  const wait = (ms: number | undefined, during: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const ended = new AbortController();
      const timer = ms === undefined ? undefined : setTimeout(() => end(resolve), ms);
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        ended.abort();
        settle();
      };
      const wake = (): void => end(resolve);
      for (const name of [...inputs, 'online', 'offline'] as const)
        addEventListener(name, wake, { passive: true, signal: ended.signal });
      document.addEventListener('visibilitychange', wake, { signal: ended.signal });
      during.addEventListener('abort', () => end(() => reject(during.reason)), { signal: ended.signal });
    });
  return {
    wait,
    presence: () => ({ isHidden: document.hidden, isOnline: navigator.onLine, inputAtMs }),
  };
};
