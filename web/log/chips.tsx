/** The filters of the query, each with a button that takes it away. */
import { showInvisible } from '../escape.ts';
import { usePage } from '../page-context.tsx';
import { emptyQuery, parseQuery, printQuery } from '../query.ts';
import { isQueryField } from '../query-fields.ts';
import { Value } from '../value.tsx';
import { say, words } from '../words.ts';
import { withoutFilter, withoutText } from './filters.ts';

const { query: said } = words;

export const Chips = () => {
  const { view, change } = usePage();
  const { filters, text } = parseQuery(view.query).query;
  if (filters.length === 0 && text === undefined) return null;
  return (
    <ul className="chips">
      {filters.map(filter => {
        const { field, isNegated, terms } = filter;
        const chip = printQuery({ ...emptyQuery, filters: [{ ...filter, isNegated: false }] });
        const name = isQueryField(field) ? said.fields[field] : showInvisible(field);
        const value = chip.slice(field.length + 1).replace(/^\((.*)\)$/, '$1');
        return (
          <li key={`${isNegated} ${field}`} className={isNegated ? 'chip negated' : 'chip'}>
            <span>
              <bdi>{isNegated ? say(said.notField, { field: name }) : name}</bdi>:{' '}
            </span>
            <Value text={value.replaceAll(' OR ', terms.length > 1 ? said.or : ' OR ')} />
            <button
              type="button"
              aria-label={say(said.remove, { filter: `${name} ${value}` })}
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
