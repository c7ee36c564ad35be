/**
 * Counts what an export will hold, from the newest event on, a call at a time; all of them see the same log. An export
 * of what was on the screen lacks what was filed since then, so that is counted too, and taken off.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Instant } from '#domain/time.ts';
import { type PageApi, type Problem, sleep } from '../api.ts';
import { Latest } from '../latest.ts';
import type { Answer } from '../log/rows.ts';
import { searchEvents } from '../log/use-log.tsx';
import { usePage } from '../page-context.tsx';
import type { Seen } from '../seen.ts';
import { problemOf } from '../use-answer.tsx';
import { type Selection, windowOf } from './selection.ts';

export type Count = {
  n: number;
  /** Null if nothing was ever filed. */
  completeTo: Instant | null;
  /** Undefined if all are counted. */
  countedTo: Instant | undefined;
  /** There are so many at most: too many came since the log was on the screen to be told apart. */
  isAtMost: boolean;
};
export type Counted = { count: Count | undefined; problem: Problem | undefined; isCounting: boolean };

/** How many answers of events that came since are read. */
const mostAnswers = 5;
const limit = 200;

/** How many events of the question were filed since it was answered, and before `countedAt`. */
const countSince = async (api: PageApi, seen: Seen, countedAt: Instant, signal: AbortSignal) => {
  let n = 0;
  let cursor: string | null = seen.newer;
  for (let answers = 0; cursor !== null && answers < mostAnswers; answers++) {
    const answer: Answer = await searchEvents(api, { ...seen.question, limit, cursor }, signal);
    n += answer.rows.filter(
      ({ event: { filed_at } }) => filed_at >= seen.completeTo && filed_at < countedAt,
    ).length;
    cursor = answer.cursor;
  }
  return { n, isWhole: cursor === null };
};

/** `seen` is the answer on the screen, if the export ends there. */
export const useCount = (selection: Selection | undefined, seen: Seen | undefined) => {
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
        const found = await latest.current.run(async signal => {
          const counted = await api.ask<'Histogram'>('POST', 'v1/events/histogram', { body, signal });
          const { complete_to: at } = counted;
          const since = seen && !before && at !== null ? await countSince(api, seen, at, signal) : undefined;
          return { ...counted, since };
        });
        if (!found) return;
        const { counts, complete_to, scanned_to, cursor: next, since } = found.answer;
        cursor.current = next ?? undefined;
        const first = before?.n ?? -(since?.n ?? 0);
        const n = counts.reduce((sum, { succeeded, failed }) => sum + succeeded + failed, first);
        const countedTo = next === null ? undefined : (scanned_to ?? complete_to ?? undefined);
        const isAtMost = before?.isAtMost ?? since?.isWhole === false;
        setCounted({
          count: { n, completeTo: seen?.completeTo ?? complete_to, countedTo, isAtMost },
          problem: undefined,
          isCounting: false,
        });
      } catch (error) {
        setCounted({ count: before, problem: problemOf(error), isCounting: false });
      }
    },
    [api, scopeId, selection, seen],
  );

  useEffect(() => {
    void ask(undefined);
    const { current } = latest;
    return () => current.stop();
  }, [ask]);
  return { ...counted, countOn: () => void ask(counted.count), countAgain: () => void ask(undefined) };
};
