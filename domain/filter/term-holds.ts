/** Whether a value is one that a term wants. Terms that are not negated are alternatives, a negated one excludes. */
import { compareUtf8 } from '#domain/compact/row-order.ts';
import type { Term } from './term.ts';

export const split = (terms: readonly Term[]): { wanted: Term[]; excluded: Term[] } => ({
  wanted: terms.filter(({ isNegated }) => !isNegated),
  excluded: terms.filter(({ isNegated }) => isNegated),
});

/** The sign of the term is not asked. */
export const holds = (term: Term, value: string): boolean => {
  switch (term.kind) {
    case 'value':
      return value === term.value;
    case 'prefix':
      return value.startsWith(term.value);
    case 'range':
      return (
        (term.from === undefined || compareUtf8(value, term.from) >= 0) &&
        (term.to === undefined || compareUtf8(value, term.to) <= 0)
      );
  }
};
