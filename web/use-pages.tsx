/** A list that the server gives in pages: the first ones, as one list. */
import { useCallback, useState } from 'react';
import { useAnswer } from './use-answer.tsx';

type PageOf<T> = { items: readonly T[]; cursor: string | null };

/** `askPage` has to be stable, as `useCallback` makes it. */
export const usePages = <T,>(
  askPage: (cursor: string | undefined, signal: AbortSignal) => Promise<PageOf<T>>,
) => {
  const [pages, setPages] = useState(1);
  const question = useCallback(
    async (signal: AbortSignal) => {
      const items: T[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < pages; page++) {
        const found: PageOf<T> = await askPage(cursor, signal);
        items.push(...found.items);
        if (found.cursor === null) return { items, hasMore: false };
        cursor = found.cursor;
      }
      return { items, hasMore: true };
    },
    [askPage, pages],
  );
  return { ...useAnswer(question), showMore: () => setPages(pages + 1) };
};

/** The query of a path with a cursor, if there is one. */
export const withCursor = (path: string, cursor: string | undefined): string =>
  cursor === undefined ? path : `${path}?${new URLSearchParams({ cursor })}`;
