/**
 * Whether the JSON of a field has the wanted values at the paths of its terms. The terms of one path are as those of
 * a field: alternatives, and what is excluded; a negated one holds if nothing is there. A string is compared by its
 * characters, anything else as it was written; a number also by what it is, if the term has numbers.
 */
import { compareNumbers, isNumberText } from '#domain/json/number-order.ts';
import { kindOf, unquote } from '#domain/json/token.ts';
import { type Path, type PathField, printPath } from './path.ts';
import { tokensAt } from './path-values.ts';
import type { Term } from './term.ts';
import { holds, split } from './term-holds.ts';

/** Members of `metadata` have no members of their own: the dots of a path belong to their name. */
const stepsOf = (field: PathField, path: Path): Path => (field === 'metadata' ? [path.join('.')] : path);

/** Of the compacted JSON text of the field. Each term has a path. */
export const pathMatcherOf = (field: PathField, terms: readonly Term[]): ((text: string) => boolean) => {
  const groups = new Map<string, { path: Path; terms: Term[] }>();
  for (const term of terms) {
    const path = stepsOf(field, term.path!);
    const name = printPath(path);
    groups.set(name, { path, terms: [...(groups.get(name)?.terms ?? []), term] });
  }
  const asked = [...groups.values()].map(group => split(group.terms));
  const tokensOf = tokensAt([...groups.values()].map(({ path }) => path));
  return text =>
    tokensOf(text).every((tokens, n) => {
      const { wanted, excluded } = asked[n]!;
      const isAny = (some: readonly Term[]): boolean =>
        [...tokens].some(token => some.some(term => tokenHolds(term, token)));
      return (wanted.length === 0 || isAny(wanted)) && !(excluded.length > 0 && isAny(excluded));
    });
};

const tokenHolds = (term: Term, token: string): boolean => {
  const kind = kindOf(token);
  if (kind === 'string') return holds(term, unquote(token));
  if (kind !== 'number' || term.kind === 'prefix') return holds(term, token);
  if (term.kind === 'value')
    return term.value === token || (isNumberText(term.value) && compareNumbers(token, term.value) === 0);
  const { from, to } = term;
  if (![from, to].every(end => end === undefined || isNumberText(end))) return holds(term, token);
  return (
    (from === undefined || compareNumbers(token, from) >= 0) &&
    (to === undefined || compareNumbers(token, to) <= 0)
  );
};
