/** What the API refuses of a term of a field, said at the box before anything is asked. */
import { isUuid } from '#domain/event/uuid.ts';
import { isActionTerm } from '#domain/filter/action-term.ts';
import type { Term } from '#domain/filter/term.ts';
import type { QueryField } from './query-fields.ts';
import { words } from './words.ts';

const { faults } = words.query;

/** What was expected; undefined if the field can have the term. */
export const faultOfTerm = (field: QueryField, term: Term): string | undefined => {
  switch (field) {
    case 'success':
      return term.kind === 'value' && /^(true|false)$/.test(term.value) ? undefined : faults.success;
    case 'action':
      return isActionTerm(term) ? undefined : faults.action;
    case 'id':
      return term.kind !== 'value' || isUuid(term.value.toLowerCase()) ? undefined : faults.id;
    case 'address':
      return term.kind !== 'value' || isAddress(term.value) ? undefined : faults.address;
    default:
      return undefined;
  }
};

/** The API reads addresses with a package that is larger than a view. */
const isAddress = (text: string): boolean => isIpv4(text) || isIpv6(text);

const isIpv4 = (text: string): boolean =>
  /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/.test(text) && text.split('.').every(part => Number(part) < 256);

/** A zone has a name of its system. */
const isIpv6 = (text: string): boolean => {
  const [, address] = /^([0-9a-f:.]+)(%[0-9a-z]+)?$/i.exec(text) ?? [];
  return address !== undefined && URL.canParse(`http://[${address}]/`);
};
