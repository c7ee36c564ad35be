/**
 * What an export is to hold, besides scope and window: a filter as browse has it (domain/filter/filter.ts), in the
 * form of requests and of stored jobs. A text is one value, whatever characters it has, as it was before there were
 * terms; an action may end with `.*`. A list holds terms. It decides on events and not on rows: only the copy that
 * was filed first is asked, after copies have been told apart, so that it can never bring back a dropped copy.
 *
 * The statement decides by the fields that have a column of their own. An address, a path and a text are within JSON,
 * whose escapes, numbers and letter cases no two engines read alike: finish decides by them, with the matcher of
 * browse, on the lines that it reads anyway.
 */
import * as z from 'zod';
import { exportedColumns } from '#domain/archive/columns.ts';
import {
  type Cells,
  columnsOfFilter,
  type EventFilter,
  type FilterField,
  filterFields,
  matcherOf,
  sqlOfTerms,
} from '#domain/filter/filter.ts';
import { isPathField, pathFields } from '#domain/filter/path.ts';
import { maxTerms, type Term } from '#domain/filter/term.ts';
import {
  faultOfTerms,
  maxTermUnits,
  readTerms,
  termTexts,
  textMember,
  valueTerm,
} from '#domain/filter/terms-shape.ts';
import { nameMember } from '#domain/request-shape.ts';
import { NoLiteral } from '#domain/sql-literal.ts';

const maxIdUnits = 4096;

/**
 * The JSON of a filter, in UTF-8: with it a statement has at most 256 KiB, and the record of the request is an event.
 * https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
 */
export const maxFilterBytes = 64 * 1024;

/**
 * An id of an actor or a target is any text, and a query holds it in the form of its column. A longer one can
 * be requested by that form: `sha256:…`.
 */
const idMember = z
  .string()
  .min(1)
  .max(maxIdUnits)
  .refine(id => id.isWellFormed(), 'Expected whole characters');

/** One term with its path. */
const pathTermMember = z.string().max(maxTermUnits);

type FieldFilter = string | boolean | readonly string[];

/** One value of a field, or terms; both stay as they came. */
const valueOrTerms = <Value extends z.ZodType<string | boolean>>(
  field: FilterField,
  value: Value,
  what: string,
) =>
  z
    .union([value, termTexts], `Expected ${what}, or a list of 1 to ${maxTerms} terms`)
    .superRefine((given, context) => {
      const fault = faultOf(field, given);
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault, continue: false });
    })
    .optional();

const faultOf = (field: FilterField, given: FieldFilter): string | undefined => {
  const terms = termsOf(field, given);
  return 'fault' in terms ? terms.fault : faultOfTerms(field, terms);
};

const filterMembers = z.strictObject({
  action: valueOrTerms(
    'action',
    z
      .string()
      .max(128)
      .regex(/^[a-z0-9_]+(\.[a-z0-9_]+)*(\.\*)?$/, 'Expected an action, or its beginning as "context.*"'),
    'an action, its beginning as "context.*"',
  ),
  actor: valueOrTerms('actor', idMember, 'an id'),
  target: valueOrTerms('target', idMember, 'an id'),
  success: valueOrTerms('success', z.boolean(), 'true or false'),
  request_id: valueOrTerms('request_id', nameMember, 'an id'),
  client_trace_id: valueOrTerms('client_trace_id', nameMember, 'an id'),
  address: valueOrTerms('address', z.string().max(64), 'an address'),
  id: valueOrTerms('id', z.guid(), 'a UUID'),
  payload: valueOrTerms('payload', pathTermMember, 'a path and a value as "branch:main"'),
  metadata: valueOrTerms('metadata', pathTermMember, 'a path and a value as "branch:main"'),
  q: textMember.optional(),
});

export type ExportFilter = z.output<typeof filterMembers>;

const faultOfFilter = (filter: ExportFilter): string | undefined => {
  if (Buffer.byteLength(JSON.stringify(filter)) > maxFilterBytes)
    return `Expected a filter of at most ${maxFilterBytes} bytes`;
  try {
    const count = Object.values(eventFilterOf(filter).terms).reduce((sum, terms) => sum + terms.length, 0);
    filterCondition(filter);
    return count > maxTerms ? `Expected at most ${maxTerms} values in all` : undefined;
  } catch (error) {
    if (!(error instanceof NoLiteral)) throw error;
    return error.message;
  }
};

export const filterShape = filterMembers
  .refine(filter => Object.keys(filter).length > 0, 'Expected at least one member')
  .superRefine((filter, context) => {
    const fault = faultOfFilter(filter);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  });

const termsOf = (field: FilterField, given: FieldFilter): Term[] | { fault: string } => {
  if (typeof given === 'object') return readTerms(field, given);
  if (isPathField(field)) return readTerms(field, [String(given)]);
  if (field === 'action' && String(given).endsWith('.*'))
    return [{ isNegated: false, kind: 'prefix', value: String(given).slice(0, -1) }];
  return [valueTerm(given)];
};

/** Throws if the shape was not asked. */
export const eventFilterOf = (filter: ExportFilter): EventFilter => ({
  terms: Object.fromEntries(
    filterFields.flatMap(field => {
      const given = filter[field];
      if (given === undefined) return [];
      const terms = termsOf(field, given);
      if ('fault' in terms) throw new Error(`A filter has a term that cannot be read: ${terms.fault}`);
      return [[field, terms]];
    }),
  ),
  q: filter.q,
});

const conditionOf = (filter: ExportFilter): EventFilter => {
  const { address, payload, metadata, ...terms } = eventFilterOf(filter).terms;
  return { terms };
};

/** The columns of the condition. */
export const filterColumns = (filter: ExportFilter = {}): string[] =>
  columnsOfFilter(conditionOf(filter), []);

/**
 * The condition in SQL; without a filter it is always true. Its values are literals and not parameters, since
 * it is in the SELECT list. Throws `NoLiteral`.
 */
export const filterCondition = (filter: ExportFilter = {}): string => sqlOfTerms(conditionOf(filter).terms);

/** The fields whose values the statement does not know. */
const withinJson = ['address', ...pathFields] as const;

const searched = exportedColumns.map(({ name }) => name);

/** What finish decides of an event, by its exported cells; undefined if the condition decides all. */
export const cellsMatcherOf = (filter: ExportFilter = {}): ((cells: Cells) => boolean) | undefined => {
  const { terms, q } = eventFilterOf(filter);
  const within = withinJson.flatMap(field => (terms[field] ? [[field, terms[field]] as const] : []));
  return within.length === 0 && q === undefined
    ? undefined
    : matcherOf({ terms: Object.fromEntries(within), q }, searched);
};
