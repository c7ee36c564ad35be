/**
 * What an export is to hold, besides scope and window. It decides on events and not on rows: only the copy
 * that was filed first is asked, after copies have been told apart, so that it can never bring back a dropped
 * copy.
 */
import * as z from 'zod';
import { idColumn } from '#domain/event/id-column.ts';
import { nameMember } from '#domain/request-shape.ts';
import { sqlLiteral } from '#domain/sql-literal.ts';

const maxIdUnits = 4096;

/**
 * An id of an actor or a target is any text, and a query holds it in the form of its column. A longer one can
 * be requested by that form: `sha256:…`.
 */
const idMember = z
  .string()
  .min(1)
  .max(maxIdUnits)
  .refine(id => id.isWellFormed(), 'Expected whole characters');

/** `actor` and `target` are ids; `action` may end with `.*` and then matches all that begin like this. */
export const filterShape = z
  .strictObject({
    action: z
      .string()
      .max(128)
      .regex(/^[a-z0-9_]+(\.[a-z0-9_]+)*(\.\*)?$/, 'Expected an action, or its beginning as "context.*"')
      .optional(),
    actor: idMember.optional(),
    target: idMember.optional(),
    success: z.boolean().optional(),
    request_id: nameMember.optional(),
    client_trace_id: nameMember.optional(),
  })
  .refine(filter => Object.keys(filter).length > 0, 'Expected at least one member');

export type ExportFilter = {
  action?: string | undefined;
  actor?: string | undefined;
  target?: string | undefined;
  success?: boolean | undefined;
  request_id?: string | undefined;
  client_trace_id?: string | undefined;
};

/** The columns that a filter uses. */
export const filterColumns = [
  'action',
  'actor_id',
  'target_id',
  'success',
  'request_id',
  'client_trace_id',
] as const;
type FilterColumn = (typeof filterColumns)[number];

/**
 * The condition in SQL; without a filter it is always true. Its values are literals and not parameters, since
 * it is in the SELECT list. Throws `NoLiteral`.
 */
export const filterCondition = (filter: ExportFilter = {}): string => {
  const { action, actor, target, success, request_id, client_trace_id } = filter;
  const equal = (column: FilterColumn, value: string | undefined): string[] =>
    value === undefined ? [] : [`"${column}" = ${sqlLiteral(value)}`];
  const prefix = action?.endsWith('.*') ? action.slice(0, -1) : undefined;
  const conditions = [
    // A prefix is compared with the start of the text, of its own length: LIKE would treat some characters
    // specially.
    ...(prefix === undefined
      ? equal('action', action)
      : [`substr("action", 1, ${prefix.length}) = ${sqlLiteral(prefix)}`]),
    ...equal('actor_id', actor === undefined ? undefined : idColumn(actor)),
    ...equal('target_id', target === undefined ? undefined : idColumn(target)),
    ...(success === undefined ? [] : [`"success" = ${success}`]),
    ...equal('request_id', request_id),
    ...equal('client_trace_id', client_trace_id),
  ];
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
};
