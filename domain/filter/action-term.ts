/** Which terms a filter of actions can have. */
import type { Term } from './term.ts';

/** Whether a term can be of an action: an action whole, its beginning, or a range. */
export const isActionTerm = (term: Term): boolean => {
  if (term.kind === 'range') return true;
  const grammar = term.kind === 'value' ? /^[a-z0-9_]+(\.[a-z0-9_]+)*$/ : /^[a-z0-9_.]*$/;
  return grammar.test(term.value);
};
