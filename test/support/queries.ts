/** Arbitrary queries of the page. */
import fc from 'fast-check';
import type { Query, QueryFilter, QueryRange, QueryTerm } from '#web/query.ts';
import { fieldOfPath, type QueryField, queryFields } from '#web/query-fields.ts';
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

const action: fc.Arbitrary<QueryTerm> = fc.oneof(
  fc
    .stringMatching(/^[a-z0-9_]{1,8}(\.[a-z0-9_]{1,8})?$/)
    .map(value => ({ isNegated: false, kind: 'value', value }) as const),
  term.filter(given => given.kind === 'range'),
  fc.stringMatching(/^[a-z0-9_.]{0,8}$/).map(value => ({ isNegated: false, kind: 'prefix', value }) as const),
);

/** Terms whose values are of a form, and any other of them. */
const valuesOf = (values: fc.Arbitrary<string>): fc.Arbitrary<QueryTerm> =>
  fc.oneof(
    values.map(value => ({ isNegated: false, kind: 'value', value }) as const),
    term.filter(given => given.kind !== 'value'),
  );

const termsOf: Partial<Record<QueryField, fc.Arbitrary<QueryTerm>>> = {
  success: outcome,
  action,
  id: valuesOf(fc.uuid()),
  address: valuesOf(fc.oneof(fc.ipV4(), fc.ipV6())),
};

const field: fc.Arbitrary<QueryField> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...queryFields) },
  fc
    .tuple(fc.constantFrom('payload', 'metadata'), fc.array(text, { minLength: 1, maxLength: 3 }))
    .filter(([, path]) => path.join().length < 100)
    .map(([root, path]) => fieldOfPath(root, path)),
);

const filter: fc.Arbitrary<QueryFilter> = fc.tuple(field, fc.boolean()).chain(([name, isNegated]) =>
  fc.record({
    field: fc.constant(name),
    isNegated: fc.constant(isNegated),
    terms: fc.uniqueArray(termsOf[name] ?? term, {
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
