/** The paths into payload and metadata that the newest events of the range have, and their values. */
import { useEffect, useState } from 'react';
import { ApiProblem } from '../api.ts';
import { usePage } from '../page-context.tsx';
import { questionOf } from '../question.ts';
import { type KnownPaths, knownPathsOf } from './known-paths.ts';
import { searchEvents } from './use-log.tsx';

/** How many of the newest events are asked. */
const mostEvents = 100;

/** Empty until they are read, which is once they are wanted. */
export const useKnownPaths = (isWanted: boolean): KnownPaths => {
  const { api, view, scopeId } = usePage();
  const [known, setKnown] = useState<KnownPaths>(new Map());
  useEffect(() => {
    if (!isWanted) return;
    const controller = new AbortController();
    const { from, to } = questionOf(view, scopeId, Date.now());
    const body = { scope_id: scopeId, limit: mostEvents, ...(from ? { from } : {}), ...(to ? { to } : {}) };
    searchEvents(api, body, controller.signal).then(
      ({ rows }) => setKnown(knownPathsOf(rows.map(({ raw }) => raw))),
      (error: unknown) => {
        // Without suggestions, the query can still be written.
        if (!controller.signal.aborted && !(error instanceof ApiProblem)) throw error;
      },
    );
    return () => controller.abort();
  }, [isWanted]);
  return known;
};
