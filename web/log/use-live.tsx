/**
 * Follows the log by the cursor of what is newer, as long as somebody looks; one tab of the browser at a
 * time.
 */
import { useEffect, useRef, useState } from 'react';
import { ApiProblem, type PageApi, sleep } from '../api.ts';
import type { Question } from '../question.ts';
import { firstPauseMs, keepNewest, nextPauseMs, reasonToRest } from './live.ts';
import type { Row } from './rows.ts';
import { searchEvents } from './use-log.tsx';

export type Live = {
  rows: readonly Row[];
  completeTo: string | null;
  rest: 'hidden' | 'offline' | 'idle' | 'elsewhere' | 'failed' | undefined;
  /** How many have come since somebody last looked. */
  come: number;
};

const nothing: Live = { rows: [], completeTo: null, rest: undefined, come: 0 };
const inputs = ['pointerdown', 'keydown', 'wheel'] as const;
const limit = 100;

export const useLive = (api: PageApi, question: Question, newer: string, isOn: boolean) => {
  const [live, setLive] = useState(nothing);
  const cursor = useRef(newer);
  const key = JSON.stringify([question, newer]);
  useEffect(() => {
    cursor.current = newer;
    setLive(nothing);
  }, [key]);
  useEffect(() => {
    if (!isOn) return;
    const controller = new AbortController();
    const { signal } = controller;
    let inputAtMs = Date.now();
    const onInput = (): void => {
      inputAtMs = Date.now();
    };
    for (const name of inputs) addEventListener(name, onInput, { passive: true });

    const askOnce = async (): Promise<number> => {
      const answer = await searchEvents(api, { ...question, limit, cursor: cursor.current }, signal);
      cursor.current = answer.cursor ?? answer.newer ?? cursor.current;
      setLive(last => ({
        rows: keepNewest(last.rows, answer.rows),
        completeTo: answer.complete_to,
        rest: undefined,
        come: last.come + answer.rows.length,
      }));
      // More of the same moment waits: it is asked at once.
      return answer.cursor === null ? answer.rows.length : Number.POSITIVE_INFINITY;
    };
    const follow = async (): Promise<void> => {
      for (let pauseMs = firstPauseMs; ; ) {
        const presence = { isHidden: document.hidden, isOnline: navigator.onLine, inputAtMs };
        const rest = reasonToRest(presence, Date.now());
        if (rest) {
          setLive(last => ({ ...last, rest }));
          pauseMs = firstPauseMs;
          await sleep(1000, signal);
          continue;
        }
        const come = await askOnce();
        if (come === Number.POSITIVE_INFINITY) continue;
        pauseMs = nextPauseMs(pauseMs, come > 0);
        await sleep(pauseMs, signal);
      }
    };
    setLive(last => ({ ...last, rest: 'elsewhere' }));
    const whole = navigator.locks ? navigator.locks.request('annals-live', { signal }, follow) : follow();
    whole.catch((error: unknown) => {
      if (signal.aborted) return;
      if (!(error instanceof ApiProblem)) throw error;
      setLive(last => ({ ...last, rest: 'failed' }));
    });
    return () => {
      controller.abort();
      for (const name of inputs) removeEventListener(name, onInput);
    };
  }, [api, isOn, key]);

  return { live, look: () => setLive(last => ({ ...last, come: 0 })) };
};
