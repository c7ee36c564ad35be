/**
 * What a caller may ask of a log: the shape of the query or the body, and whose log it is. The admin
 * directory is asked afterwards whether an admin is one.
 */
import * as z from 'zod';
import { type Caller, mayRead, readRefusal } from '#domain/access/caller.ts';
import { type EventFilter, type FilterField, filterFields } from '#domain/filter/filter.ts';
import { maxTerms } from '#domain/filter/term.ts';
import { listMember, textMember } from '#domain/filter/terms-shape.ts';
import {
  nameMember,
  type RequestProblem,
  reasonMember,
  requestProblem,
  shapeProblem,
  timeMember,
} from '#domain/request-shape.ts';
import type { Instant } from '#domain/time.ts';
import { intervalNames } from './histogram.ts';
import { valueFields } from './values.ts';

export const maxPage = 1000;
export const defaultPage = 100;
export const maxCursorUnits = 4096;

const selection = {
  scope_id: nameMember.optional(),
  all_scopes: z.literal(true, 'Expected true, or leave it out').optional(),
  reason: reasonMember.optional(),
  from: timeMember.optional(),
  to: timeMember.optional(),
  ...(Object.fromEntries(filterFields.map(field => [field, listMember(field)])) as Record<
    FilterField,
    ReturnType<typeof listMember>
  >),
  q: textMember.optional(),
  cursor: z.string().max(maxCursorUnits).optional(),
};

const limitExpectation = `Expected a whole number from 1 to ${maxPage}`;

export const eventSearchShape = z.strictObject({
  ...selection,
  limit: z
    .number(limitExpectation)
    .int(limitExpectation)
    .min(1, limitExpectation)
    .max(maxPage, limitExpectation)
    .optional(),
});
export const histogramShape = z.strictObject({ ...selection, interval: z.enum(intervalNames) });
export const valuesShape = z.strictObject({ ...selection, field: z.enum(valueFields) });

/** What of the log is asked for; `scopeId` undefined is the complete log, for which there is a reason. */
export type LogSelection = {
  scopeId: string | undefined;
  reason: string | undefined;
  from: Instant | undefined;
  to: Instant | undefined;
  filter: EventFilter;
  cursor: string | undefined;
};

type Shape = typeof eventSearchShape | typeof histogramShape | typeof valuesShape;

/** Parses a request by its shape, and decides whether this caller may look at what it selects. */
export const parseBrowseRequest = <S extends Shape>(
  shape: S,
  body: unknown,
  caller: Caller,
): { selection: LogSelection; members: z.output<S> } | { problem: RequestProblem } => {
  if (caller.role === 'support' && !caller.openScope)
    return requestProblem(
      'forbidden',
      'Support looks into a log only on the Audit Log page, with a reason; it may export it',
      '',
    );
  const parsed = shape.safeParse(body);
  if (!parsed.success) return shapeProblem(parsed.error);
  const members = parsed.data as z.output<S>;
  const { scope_id, all_scopes: isOfAll = false, from, to } = members;
  if (from !== undefined && to !== undefined && from >= to)
    return requestProblem(
      'empty_window',
      'The window is empty: "from" must be earlier than "to", which is exclusive',
      '/from',
    );
  const tooMany = filterFields.find(
    (_, at) =>
      filterFields.slice(0, at + 1).reduce((sum, field) => sum + (members[field]?.length ?? 0), 0) > maxTerms,
  );
  if (tooMany !== undefined)
    return requestProblem('invalid_request', `Expected at most ${maxTerms} values in all`, `/${tooMany}`);
  const refusal = refuseCaller(caller, scope_id, isOfAll, members.reason);
  if (refusal) return refusal;
  const terms = Object.fromEntries(
    filterFields.flatMap(field => (members[field] ? [[field, members[field]]] : [])),
  );
  return {
    selection: {
      scopeId: isOfAll ? undefined : scope_id,
      reason: members.reason,
      from,
      to,
      filter: { terms, q: members.q },
      cursor: members.cursor,
    },
    members,
  };
};

const refuseCaller = (
  caller: Caller,
  scopeId: string | undefined,
  isOfAll: boolean,
  reason: string | undefined,
): { problem: RequestProblem } | undefined => {
  const { role } = caller;
  if (isOfAll && scopeId !== undefined)
    return requestProblem(
      'invalid_request',
      'Look at one scope or at all: leave out scope_id or all_scopes',
      '/all_scopes',
    );
  if (isOfAll && role !== 'operator')
    return requestProblem('forbidden', 'Only the operator may look at all scopes', '/all_scopes');
  if (isOfAll && reason === undefined)
    return requestProblem('reason_required', 'Give the reason or the ticket in reason', '/reason');
  if (!isOfAll && scopeId === undefined)
    return requestProblem(
      'scope_required',
      role === 'operator'
        ? 'Give the scope_id whose log it is, or all_scopes=true and a reason for the complete log'
        : 'Give the scope_id whose log it is',
      '/scope_id',
    );
  if (!mayRead(caller, isOfAll ? undefined : scopeId))
    return requestProblem('forbidden', readRefusal(caller), '/scope_id');
  return undefined;
};

/**
 * The parameters of a query as the members of a body. What is not a number, or not `true`, stays as it
 * came, and the shape refuses it.
 */
export const membersOfQuery = (
  parameters: Readonly<Record<string, string | undefined>>,
): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, text]) => {
      if (name === 'limit' && text !== undefined && /^\d{1,9}$/.test(text)) return [name, Number(text)];
      if (name === 'all_scopes' && text === 'true') return [name, true];
      return [name, text];
    }),
  );
