/** Arbitrary queries of the page. */
import fc from 'fast-check';
import type { Query, QueryFilter, QueryRange, QueryTerm } from '#web/query.ts';
import { queryFields } from '#web/query-fields.ts';
import { instant } from './views.ts';

const text = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  // What means something in a query.
  fc
    .array(fc.constantFrom('"', '\\', '-', '*', '..', ',', '(', ')', ':', 'OR', ' ', 'a', '\n'), {
      minLength: 1,
    })
    .map(parts => parts.join('')),
);

const term: fc.Arbitrary<QueryTerm> = fc.oneof(
  fc.record({ isNegated: fc.constant(false as const), kind: fc.constant('value' as const), value: text }),
  fc.record({
    isNegated: fc.constant(false as const),
    kind: fc.constant('prefix' as const),
    value: fc.oneof(text, fc.constant('')),
  }),
  fc
    .tuple(fc.option(text, { nil: undefined }), fc.option(text, { nil: undefined }))
    .filter(ends => ends.some(end => end !== undefined))
    .map(([from, to]): QueryTerm => ({ isNegated: false, kind: 'range', from, to })),
);
const outcome: fc.Arbitrary<QueryTerm> = fc
  .boolean()
  .map(value => ({ isNegated: false, kind: 'value', value: String(value) }) as const);

const filter: fc.Arbitrary<QueryFilter> = fc
  .tuple(fc.constantFrom(...queryFields), fc.boolean())
  .chain(([field, isNegated]) =>
    fc.record({
      field: fc.constant(field),
      isNegated: fc.constant(isNegated),
      terms: fc.uniqueArray(field === 'success' ? outcome : term, {
        minLength: 1,
        maxLength: 4,
        selector: given => JSON.stringify(given),
      }),
    }),
  );

export const query: fc.Arbitrary<Query> = fc.record({
  filters: fc.uniqueArray(filter, {
    maxLength: 5,
    selector: ({ field, isNegated }) => `${isNegated} ${field}`,
  }),
  text: fc.option(text, { nil: undefined }),
  range: fc.oneof(
    fc.constantFrom<QueryRange | undefined>(undefined, { since: '2h' }, { since: 'last-week' }),
    instant.map((from): QueryRange => ({ from })),
  ),
});
