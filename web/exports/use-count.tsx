/** Counts what an export will hold, from the newest event on, a call at a time; all of them see the same log. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Instant } from '#domain/time.ts';
import { type Problem, sleep } from '../api.ts';
import { Latest } from '../latest.ts';
import { usePage } from '../page-context.tsx';
import { problemOf } from '../use-answer.tsx';
import { type Selection, windowOf } from './selection.ts';

export type Count = {
  n: number;
  /** Null if nothing was ever filed. */
  completeTo: Instant | null;
  /** Undefined if all are counted. */
  countedTo: Instant | undefined;
};
export type Counted = { count: Count | undefined; problem: Problem | undefined; isCounting: boolean };

export const useCount = (selection: Selection | undefined) => {
  const { api, scopeId } = usePage();
  const [counted, setCounted] = useState<Counted>({ count: undefined, problem: undefined, isCounting: true });
  const latest = useRef(new Latest(sleep));
  const cursor = useRef<string>(undefined);

  const ask = useCallback(
    async (before: Count | undefined) => {
      if (!selection) return;
      setCounted({ count: before, problem: undefined, isCounting: true });
      const body = {
        scope_id: scopeId,
        ...windowOf(selection),
        ...selection.filter,
        interval: '7d',
        ...(before && cursor.current !== undefined ? { cursor: cursor.current } : {}),
      };
      try {
        const found = await latest.current.run(signal =>
          api.ask<'Histogram'>('POST', 'v1/events/histogram', { body, signal }),
        );
        if (!found) return;
        const { counts, complete_to, scanned_to, cursor: next } = found.answer;
        cursor.current = next ?? undefined;
        const n = counts.reduce((sum, { succeeded, failed }) => sum + succeeded + failed, before?.n ?? 0);
        const countedTo = next === null ? undefined : (scanned_to ?? complete_to ?? undefined);
        setCounted({
          count: { n, completeTo: complete_to, countedTo },
          problem: undefined,
          isCounting: false,
        });
      } catch (error) {
        setCounted({ count: before, problem: problemOf(error), isCounting: false });
      }
    },
    [api, scopeId, selection],
  );

  useEffect(() => {
    void ask(undefined);
    const { current } = latest;
    return () => current.stop();
  }, [ask]);
  return { ...counted, countOn: () => void ask(counted.count), countAgain: () => void ask(undefined) };
};
