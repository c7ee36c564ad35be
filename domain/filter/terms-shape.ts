/** The terms of a field and the text of `q` as requests have them: their shapes, and which terms a field can have. */
import * as z from 'zod';
import { printIpAddress } from '#domain/event/ip-address.ts';
import { isUuid } from '#domain/event/uuid.ts';
import { isActionTerm } from './action-term.ts';
import type { FilterField } from './filter.ts';
import { isPathField } from './path.ts';
import { maxTerms, parseTerm, parseTerms, type Term } from './term.ts';

export const maxTermUnits = 8192;
const maxTextUnits = 1024;

/** Why a term cannot be one of this field's; undefined if it can. */
const faultOf = (field: FilterField, term: Term): string | undefined => {
  const { kind } = term;
  switch (field) {
    case 'success':
      return kind === 'value' && (term.value === 'true' || term.value === 'false')
        ? undefined
        : 'Expected true or false';
    case 'action':
      return isActionTerm(term) ? undefined : 'Expected an action, or its beginning as "context.*"';
    case 'id':
      return kind !== 'value' || isUuid(term.value.toLowerCase())
        ? undefined
        : 'Expected a UUID, or its beginning as "0191f3a0*"';
    case 'address':
      return kind !== 'value' || printIpAddress(term.value) !== undefined
        ? undefined
        : 'Expected an IPv4 or IPv6 address, or its beginning as "192.0.2.*"';
    default:
      return undefined;
  }
};

const isWhole = (term: Term): boolean =>
  [...(term.path ?? []), ...(term.kind === 'range' ? [term.from ?? '', term.to ?? ''] : [term.value])].every(
    text => text.isWellFormed(),
  );

/** Why these cannot be the terms of the field; undefined if they can. */
export const faultOfTerms = (field: FilterField, terms: readonly Term[]): string | undefined =>
  terms.map(term => faultOf(field, term)).find(Boolean) ??
  (terms.every(isWhole) ? undefined : 'Expected whole characters');

/** Each text is one term. */
export const readTerms = (field: FilterField, texts: readonly string[]): Term[] | { fault: string } => {
  const terms: Term[] = [];
  for (const text of texts) {
    const term = parseTerm(text, isPathField(field));
    if ('fault' in term) return term;
    terms.push(term);
  }
  return terms;
};

/** One value, whatever characters it has. */
export const valueTerm = (value: string | boolean): Term => ({
  isNegated: false,
  kind: 'value',
  value: String(value),
});

const readList = (
  field: FilterField,
  given: string | boolean | readonly string[],
): Term[] | { fault: string } => {
  if (typeof given === 'boolean') return [valueTerm(given)];
  if (typeof given !== 'string') return readTerms(field, given);
  const terms = parseTerms(given, isPathField(field));
  return 'fault' in terms ? { fault: `${terms.fault}, at character ${terms.at + 1}` } : terms;
};

const listExpectation = `Expected a text of at most ${maxTermUnits} characters, or a list of 1 to ${maxTerms}`;

/** Terms as texts, one in each: commas in those need no quotes. */
export const termTexts = z
  .array(z.string().max(maxTermUnits))
  .min(1, listExpectation)
  .max(maxTerms, listExpectation);

/** A list of terms as text, or each as a text of its own. */
export const listMember = (field: FilterField) =>
  z
    .union(
      [
        z.string().max(maxTermUnits, listExpectation),
        termTexts,
        ...(field === 'success' ? [z.boolean()] : []),
      ],
      listExpectation,
    )
    .transform((given, context) => {
      const terms = readList(field, given);
      const fault = 'fault' in terms ? terms.fault : faultOfTerms(field, terms);
      if (!('fault' in terms) && fault === undefined) return terms;
      context.addIssue({ code: 'custom', message: fault! });
      return z.NEVER;
    })
    .optional();

const textExpectation = `Expected a text of 1 to ${maxTextUnits} characters`;

/** The text of `q`. */
export const textMember = z
  .string(textExpectation)
  .min(1, textExpectation)
  .max(maxTextUnits, textExpectation)
  .refine(text => text.isWellFormed(), 'Expected whole characters');
