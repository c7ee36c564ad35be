/**
 * What a view asks for: loading, failed with a retry, or there. A new question drops the one before, and an answer
 * that is there stays while it is asked again.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiProblem, type Problem, sleep } from './api.ts';
import { Latest } from './latest.ts';

export type Answered<T> = { is: 'loading' } | { is: 'failed'; problem: Problem } | { is: 'there'; answer: T };

/** The problem of a request that failed; anything else is a fault of the page, and is thrown on. */
export const problemOf = (error: unknown): Problem => {
  if (error instanceof ApiProblem) return error.problem;
  throw error;
};

/** `question` has to be stable, as `useCallback` makes it: another one is asked at once. */
export const useAnswer = <T,>(question: (signal: AbortSignal) => Promise<T>) => {
  const [answered, setAnswered] = useState<Answered<T>>({ is: 'loading' });
  const latest = useRef(new Latest(sleep));
  const ask = useCallback(async () => {
    try {
      const found = await latest.current.run(question);
      if (found) setAnswered({ is: 'there', answer: found.answer });
    } catch (error) {
      setAnswered({ is: 'failed', problem: problemOf(error) });
    }
  }, [question]);
  useEffect(() => {
    setAnswered({ is: 'loading' });
    void ask();
    const { current } = latest;
    return () => current.stop();
  }, [ask]);
  return { answered, ask };
};
