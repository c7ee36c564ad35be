/** A list that the server gives in pages: the first ones, as one list. */
import { useCallback, useState } from 'react';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { usePage } from './page-context.tsx';
import { useAnswer } from './use-answer.tsx';

/** Lists that have a cursor. */
type ListName = 'Admins' | 'Deliveries' | 'Exports' | 'Gaps' | 'Schedules';

/** `path` may have a query; `itemsOf` has to be stable, as a function of a module is. */
export const usePages = <Name extends ListName, T>(
  path: string,
  itemsOf: (page: Api<Name>) => readonly T[],
) => {
  const { api } = usePage();
  const [pages, setPages] = useState(1);
  const question = useCallback(
    async (signal: AbortSignal) => {
      const items: T[] = [];
      let unreadable = 0;
      let cursor: string | undefined;
      for (let page = 0; page < pages; page++) {
        const found: Api<Name> = await api.ask<Name>('GET', withCursor(path, cursor), { signal });
        items.push(...itemsOf(found));
        if ('unreadable' in found) unreadable += found.unreadable ?? 0;
        if (found.cursor === null) return { items, unreadable, hasMore: false };
        cursor = found.cursor;
      }
      return { items, unreadable, hasMore: true };
    },
    [api, path, itemsOf, pages],
  );
  return { ...useAnswer(question), showMore: () => setPages(pages + 1) };
};

const withCursor = (path: string, cursor: string | undefined): string =>
  cursor === undefined ? path : `${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams({ cursor })}`;
