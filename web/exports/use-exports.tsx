/** The exports of the log, the newest first. While one of them is not at its end, they are asked again. */
import { useEffect } from 'react';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { sleep } from '../api.ts';
import { usePage } from '../page-context.tsx';
import { usePages } from '../use-pages.tsx';

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

const exportsOf = ({ exports }: Api<'Exports'>) => exports;

export const useExports = () => {
  const { scopeId } = usePage();
  const path = `v1/exports?${new URLSearchParams({ scope_id: scopeId })}`;
  const list = usePages<'Exports', Export>(path, exportsOf);
  const { answered, ask } = list;
  usePoll(answered.is === 'there' && answered.answer.items.some(isOpen), ask);
  return list;
};
