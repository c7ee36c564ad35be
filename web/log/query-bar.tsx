/**
 * The query box and its chips: the same query as text and as filters. A faulty text says where, and asks
 * nothing.
 */
import { lazy, Suspense, useEffect, useState } from 'react';
import { usePage } from '../page-context.tsx';
import { parseQuery, printQuery } from '../query.ts';
import type { Range } from '../range.ts';
import { say, words } from '../words.ts';
import { QueryBox } from './query-box.tsx';

const Chips = lazy(async () => ({ default: (await import('./chips.tsx')).Chips }));

const { query: said } = words;

export const QueryBar = () => {
  const { view, change, zone } = usePage();
  const [text, setText] = useState(view.query);
  useEffect(() => setText(view.query), [view.query]);
  const { faults } = parseQuery(text);
  const commit = (written: string): void => {
    const { query, faults: found } = parseQuery(written);
    if (found.length > 0) return;
    const { range, ...rest } = query;
    const moved: Range | undefined = range && {
      ...(range.since === undefined
        ? { kind: 'absolute', from: range.from, to: range.to }
        : { kind: 'relative', last: range.since, zone }),
    };
    const printed = printQuery({ ...rest, range: undefined });
    setText(printed);
    change({ query: printed, ...(moved ? { range: moved } : {}) });
  };
  return (
    <section className="query-bar" aria-label={said.label}>
      <QueryBox text={text} isFaulty={faults.length > 0} onChange={setText} onCommit={commit} />
      {faults.length > 0 && (
        <p className="fault" role="alert" id="query-fault">
          {say(said.faultAt, { message: faults[0]!.message, at: faults[0]!.at + 1 })}
        </p>
      )}
      {view.query !== '' && (
        <Suspense>
          <Chips />
        </Suspense>
      )}
    </section>
  );
};
