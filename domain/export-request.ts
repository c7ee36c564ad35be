/**
 * What a caller may ask an export for: the shape of the body, and who may ask. Times are read as in every
 * query: an instant, or a date for its midnight UTC.
 */
import * as z from 'zod';
import type { Caller } from './caller.ts';
import type { ExportRequest } from './export-job.ts';
import { isName, maxNameCharacters } from './name.ts';
import { parseInstantOrDate } from './time.ts';

/** Why a request is not taken, as the answer tells it. */
export type RequestProblem = {
  status: 400 | 403;
  code:
    | 'invalid_request'
    | 'empty_window'
    | 'scope_required'
    | 'reason_required'
    | 'requester_required'
    | 'forbidden';
  message: string;
  path?: string;
};

const name = z
  .string()
  .refine(isName, `Expected 1 to ${maxNameCharacters} characters without control characters`);

const instant = z.string().transform((text, context) => {
  const parsed = parseInstantOrDate(text);
  if (parsed === undefined) {
    context.addIssue({ code: 'custom', message: 'Expected an RFC 3339 time or a date as YYYY-MM-DD' });
    return z.NEVER;
  }
  return parsed;
});

const shape = z.strictObject({
  scope_id: name.optional(),
  from: instant.optional(),
  to: instant.optional(),
  requested_by: name.optional(),
  reason: z.string().min(1).max(1024).optional(),
  compression: z.literal('gzip').optional(),
  dry_run: z.boolean().optional(),
});

/** What was asked for, and whether only what it would take is asked. */
export type AskedExport = { request: ExportRequest; isDryRun: boolean };

/**
 * Reads the body of `POST /v1/exports`, and decides whether this caller may ask for it. Whether an admin is one is
 * asked of the directory afterwards.
 */
export const parseExportRequest = (
  body: unknown,
  caller: Caller,
): AskedExport | { problem: RequestProblem } => {
  const parsed = shape.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = issue!.code === 'unrecognized_keys' ? [issue!.keys[0]!] : issue!.path;
    const message =
      issue!.code === 'unrecognized_keys' ? `Unknown member "${issue!.keys[0]}"` : issue!.message;
    return problem(400, 'invalid_request', message, `/${path.join('/')}`.replace(/^\/$/, ''));
  }
  const { dry_run: isDryRun = false, ...request } = parsed.data;
  if (request.from !== undefined && request.to !== undefined && request.from >= request.to)
    return problem(
      400,
      'empty_window',
      'The window is empty: "from" must be earlier than "to", which is exclusive',
      '/from',
    );
  const { role } = caller;
  if (role !== 'operator' && request.scope_id === undefined)
    return problem(
      400,
      'scope_required',
      'Only the operator may export the complete log; give a scope_id',
      '/scope_id',
    );
  if (role === 'support' && request.requested_by === undefined)
    return problem(
      400,
      'requester_required',
      'Name the user who asked for the log in requested_by',
      '/requested_by',
    );
  if (role === 'support' && request.reason === undefined)
    return problem(400, 'reason_required', 'Give the reason or the ticket in reason', '/reason');
  if (role === 'admin') {
    if (request.scope_id !== caller.scopeId)
      return problem(403, 'forbidden', 'The token is of another scope', '/scope_id');
    if (request.requested_by !== undefined && request.requested_by !== caller.principal)
      return problem(
        403,
        'forbidden',
        'An admin asks for themselves: leave requested_by out',
        '/requested_by',
      );
    return { request: { ...request, requested_by: caller.principal }, isDryRun };
  }
  return { request, isDryRun };
};

/**
 * Whom the directory has to know as an admin of the scope before the log is given out: whoever asked for it. Undefined
 * where nobody did but the operator, who may read every log.
 */
export const requesterOf = ({
  scope_id,
  requested_by,
}: ExportRequest): { scopeId: string; userId: string } | undefined =>
  scope_id === undefined || requested_by === undefined
    ? undefined
    : { scopeId: scope_id, userId: requested_by };

const problem = (
  status: 400 | 403,
  code: RequestProblem['code'],
  message: string,
  path: string,
): { problem: RequestProblem } => ({
  problem: { status, code, message, path },
});
