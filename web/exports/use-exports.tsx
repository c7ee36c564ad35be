/** The exports of the log, the newest first. While one of them is not at its end, they are asked again. */
import { useCallback, useEffect, useState } from 'react';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { sleep } from '../api.ts';
import { usePage } from '../page-context.tsx';
import { useAnswer } from '../use-answer.tsx';

export type Export = Api<'Exports'>['exports'][number];

export const isOpen = ({ status }: Pick<Export, 'status'>): boolean =>
  status !== 'succeeded' && status !== 'failed' && status !== 'unreadable';

const firstPauseMs = 1000;
const maxPauseMs = 15_000;

/** Asks again as long as something is open, with growing pauses; not while nobody sees it. */
export const usePoll = (isWanted: boolean, ask: () => Promise<void>): void => {
  useEffect(() => {
    if (!isWanted) return;
    const stop = new AbortController();
    const poll = async (): Promise<void> => {
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(maxPauseMs, pauseMs * 1.5)) {
        await sleep(pauseMs, stop.signal);
        if (document.visibilityState === 'visible') await ask();
      }
    };
    poll().catch(error => {
      if (!stop.signal.aborted) throw error;
    });
    return () => stop.abort(new Error('Nobody waits any longer'));
  }, [isWanted, ask]);
};

export const useExports = () => {
  const { api, scopeId } = usePage();
  const [pages, setPages] = useState(1);
  const question = useCallback(
    async (signal: AbortSignal): Promise<{ exports: Export[]; hasMore: boolean }> => {
      const exports: Export[] = [];
      let cursor: string | null = null;
      for (let page = 0; page < pages; page++) {
        const parameters = new URLSearchParams({ scope_id: scopeId, ...(cursor === null ? {} : { cursor }) });
        const answer: Api<'Exports'> = await api.ask<'Exports'>('GET', `v1/exports?${parameters}`, {
          signal,
        });
        exports.push(...answer.exports);
        cursor = answer.cursor;
        if (cursor === null) break;
      }
      return { exports, hasMore: cursor !== null };
    },
    [api, scopeId, pages],
  );
  const { answered, ask } = useAnswer(question);
  usePoll(answered.is === 'there' && answered.answer.exports.some(isOpen), ask);
  return { answered, ask, showMore: () => setPages(pages + 1) };
};
