/**
 * The page of the log that is shown. One page is one screen of rows: if an answer has fewer, because its
 * budget ended, the next is asked at once while the search moves on, up to a bound; then whoever looks
 * decides. Only the page on the screen is kept: an earlier one is asked again by its cursor, which sees the
 * same.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiProblem, type PageApi, type Problem, sleep } from '../api.ts';
import { debounceMs, Latest } from '../latest.ts';
import type { Question } from '../question.ts';
import { type Answer, type Row, readAnswer } from './rows.ts';

export const pageRows = 50;
/** How many answers in a row one page may take without being asked to continue. */
const mostAnswers = 8;

export type Progress = Pick<Answer, 'complete_to' | 'scanned_to' | 'gaps' | 'cursor' | 'newer'>;
export type Shown = {
  rows: readonly Row[];
  progress: Progress | undefined;
  /** What brought them. */
  asked: Asked | undefined;
  problem: Problem | undefined;
  isLoading: boolean;
  /** The cursors of the pages before this one and of this one; the first page has none. */
  cursors: readonly (string | undefined)[];
};

const nothing: Shown = {
  rows: [],
  progress: undefined,
  asked: undefined,
  problem: undefined,
  isLoading: true,
  cursors: [undefined],
};

export const searchEvents = async (
  api: PageApi,
  body: Question & { limit?: number; cursor?: string },
  signal?: AbortSignal,
): Promise<Answer> => readAnswer(await api.text('POST', 'v1/events/search', { body, signal }));

/** What is asked: `what` names it with a relative range as it is written, and `question` has that as of `atMs`. */
export type Asked = {
  what: string;
  question: Question;
  atMs: number;
  /** How often: one more asks again, and what is shown stays until the answer is there. */
  times: number;
};

export const useLog = (api: PageApi, question: Asked) => {
  const { what, times } = question;
  const [kept, setShown] = useState({ ...nothing, what });
  // What another question brought is gone in the same render.
  const shown: Shown = kept.what === what ? kept : nothing;
  const [latest] = useState(() => new Latest(sleep));
  const asked = useRef(question);
  asked.current = question;

  const load = useCallback(
    async (cursors: Shown['cursors'], delayMs = 0, from?: { cursor: string; rows: readonly Row[] }) => {
      setShown(last => ({ ...last, isLoading: true, problem: undefined }));
      let next = from ? from.cursor : cursors.at(-1);
      const current = asked.current;
      const read = async (signal: AbortSignal): Promise<void> => {
        const rows = [...(from?.rows ?? [])];
        for (let n = 0; n < mostAnswers; n++) {
          const answer = await searchEvents(
            api,
            {
              ...current.question,
              limit: pageRows - rows.length,
              ...(next === undefined ? {} : { cursor: next }),
            },
            signal,
          );
          rows.push(...answer.rows);
          const isLast = answer.cursor === null || rows.length >= pageRows || n === mostAnswers - 1;
          const found = {
            rows: [...rows],
            progress: answer,
            asked: current,
            problem: undefined,
            isLoading: !isLast,
            cursors,
          };
          setShown(last => ({ ...last, ...found }));
          if (isLast) return;
          next = answer.cursor!;
        }
      };
      try {
        await latest.run(read, delayMs);
      } catch (error) {
        const problem =
          error instanceof ApiProblem
            ? error.problem
            : { status: -1, code: 'unreadable', detail: String(error) };
        setShown(last => ({ ...last, isLoading: false, problem }));
      }
    },
    [api, latest],
  );

  useEffect(() => {
    setShown(last => (last.what === what ? last : { ...nothing, what }));
    void load([undefined], debounceMs);
    return () => latest.stop();
  }, [what, times, load, latest]);

  const { progress, cursors, rows } = shown;
  return {
    shown,
    refresh: () => load([undefined]),
    next: () => progress?.cursor && load([...cursors, progress.cursor]),
    previous: () => cursors.length > 1 && load(cursors.slice(0, -1)),
    /** Goes on where a search stopped before its page was full. */
    goOn: () => progress?.cursor && load(cursors, 0, { cursor: progress.cursor, rows }),
  };
};
