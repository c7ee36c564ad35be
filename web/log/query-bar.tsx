/**
 * The query box and its chips: the same query as text and as filters. A faulty text says where, and asks
 * nothing.
 */
import { useEffect, useState } from 'react';
import { usePage } from '../page-context.tsx';
import { emptyQuery, parseQuery, printQuery } from '../query.ts';
import type { Range } from '../range.ts';
import { Value } from '../value.tsx';
import { say, words } from '../words.ts';
import { withoutFilter, withoutText } from './filters.ts';
import { QueryBox } from './query-box.tsx';

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
      <QueryBox text={text} onChange={setText} onCommit={commit} />
      {faults.length > 0 && (
        <p className="fault" role="alert" id="query-fault">
          {say(said.faultAt, { message: faults[0]!.message, at: faults[0]!.at + 1 })}
        </p>
      )}
      <Chips />
    </section>
  );
};

const Chips = () => {
  const { view, change } = usePage();
  const { filters, text } = parseQuery(view.query).query;
  if (filters.length === 0 && text === undefined) return null;
  return (
    <ul className="chips">
      {filters.map(filter => {
        const { field, isNegated, terms } = filter;
        const chip = printQuery({ ...emptyQuery, filters: [{ ...filter, isNegated: false }] });
        const value = chip.slice(field.length + 1).replace(/^\((.*)\)$/, '$1');
        return (
          <li key={`${isNegated} ${field}`} className={isNegated ? 'chip negated' : 'chip'}>
            <span>
              {isNegated ? say(said.notField, { field: said.fields[field] }) : said.fields[field]}:{' '}
            </span>
            <Value text={value.replaceAll(' OR ', terms.length > 1 ? said.or : ' OR ')} />
            <button
              type="button"
              aria-label={say(said.remove, { filter: `${said.fields[field]} ${value}` })}
              onClick={() => change({ query: withoutFilter(view.query, filter) })}
            >
              ×
            </button>
          </li>
        );
      })}
      {text !== undefined && (
        <li className="chip">
          <span>{said.text}: </span>
          <Value text={text} />
          <button
            type="button"
            aria-label={say(said.remove, { filter: said.text })}
            onClick={() => change({ query: withoutText(view.query) })}
          >
            ×
          </button>
        </li>
      )}
      <li>
        <button type="button" className="link" onClick={() => change({ query: '' })}>
          {said.clearAll}
        </button>
      </li>
    </ul>
  );
};
