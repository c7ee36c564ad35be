/**
 * What of a log an export is to hold, beside scope and window. It decides on events and not on rows: it is asked of the
 * copy that was filed first, after copies have been told apart, so that it can never bring back a copy that was dropped.
 */
import * as z from 'zod';
import { nameMember } from './request-problem.ts';

/** `actor` and `target` are ids; `action` may end with `.*` for all that begin so. */
export const filterShape = z
  .strictObject({
    action: z
      .string()
      .max(128)
      .regex(/^[a-z0-9_]+(\.[a-z0-9_]+)*(\.\*)?$/, 'Expected an action, or its beginning as "context.*"')
      .optional(),
    actor: nameMember.optional(),
    target: nameMember.optional(),
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

/** The columns that a filter looks at. */
export const filterColumns = [
  'action',
  'actor_id',
  'target_id',
  'success',
  'request_id',
  'client_trace_id',
] as const;

/** The condition in SQL, and the values of its parameters in their order; without a filter it always holds. */
export const filterCondition = (filter: ExportFilter = {}): { sql: string; parameters: string[] } => {
  const conditions: string[] = [];
  const parameters: string[] = [];
  const where = (condition: string, value: string | undefined): void => {
    if (value === undefined) return;
    conditions.push(condition);
    parameters.push(value);
  };
  const { action, actor, target, success, request_id, client_trace_id } = filter;
  // What a prefix compares with is a part of the text of its own length: LIKE would have characters of its own.
  if (action?.endsWith('.*')) where(`substr("action", 1, ${action.length - 1}) = ?`, action.slice(0, -1));
  else where('"action" = ?', action);
  where('"actor_id" = ?', actor);
  where('"target_id" = ?', target);
  if (success !== undefined) conditions.push(`"success" = ${success}`);
  where('"request_id" = ?', request_id);
  where('"client_trace_id" = ?', client_trace_id);
  return { sql: conditions.length === 0 ? 'true' : conditions.join(' AND '), parameters };
};
