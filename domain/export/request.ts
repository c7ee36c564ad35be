/** What a caller may request as an export: the shape of the body, and who may request it. */
import * as z from 'zod';
import { type Caller, mayRead, readRefusal } from '#domain/access/caller.ts';
import { namedRequester } from '#domain/access/named-requester.ts';
import {
  nameMember,
  type RequestProblem,
  reasonMember,
  requestProblem,
  shapeProblem,
  timeMember,
} from '#domain/request-shape.ts';
import { filterShape } from './filter.ts';
import { exportFormats } from './format.ts';
import type { ExportRequest } from './job.ts';

/** `csv` is the default, and is not recorded. */
export const formatMember = z
  .enum(exportFormats)
  .transform(format => (format === 'csv' ? undefined : format))
  .optional();

export const exportRequestShape = z.strictObject({
  scope_id: nameMember.optional(),
  all_scopes: z.boolean().optional(),
  from: timeMember.optional(),
  to: timeMember.optional(),
  requested_by: nameMember.optional(),
  reason: reasonMember.optional(),
  filter: filterShape.optional(),
  complete_to: timeMember.optional(),
  format: formatMember,
  compression: z.literal('gzip').optional(),
  dry_run: z.boolean().optional(),
});

/** The request, and whether it only asks what the export would take. */
export type AskedExport = { request: ExportRequest; isDryRun: boolean };

/**
 * Parses the body of `POST /v1/exports`, and decides whether this caller may request it. The admin directory
 * is asked afterwards whether an admin is one.
 */
export const parseExportRequest = (
  body: unknown,
  caller: Caller,
): AskedExport | { problem: RequestProblem } => {
  const parsed = exportRequestShape.safeParse(body);
  if (!parsed.success) return shapeProblem(parsed.error);
  const { dry_run: isDryRun = false, all_scopes: isOfAll = false, ...members } = parsed.data;
  const request: ExportRequest = isOfAll ? { ...members, all_scopes: true } : members;
  if (request.from !== undefined && request.to !== undefined && request.from >= request.to)
    return requestProblem(
      'empty_window',
      'The window is empty: "from" must be earlier than "to", which is exclusive',
      '/from',
    );
  const { role } = caller;
  if (isOfAll && request.scope_id !== undefined)
    return requestProblem(
      'invalid_request',
      'An export is of one scope or of all: leave out scope_id or all_scopes',
      '/all_scopes',
    );
  if (isOfAll && role !== 'operator')
    return requestProblem('forbidden', 'Only the operator may export all scopes', '/all_scopes');
  if (!isOfAll && request.scope_id === undefined)
    return requestProblem(
      'scope_required',
      role === 'operator'
        ? 'Give the scope_id whose log it is, or "all_scopes": true and a reason for the complete log'
        : 'Give the scope_id whose log it is',
      '/scope_id',
    );
  if (!mayRead(caller, request.scope_id))
    return requestProblem('forbidden', readRefusal(caller), '/scope_id');
  if (role === 'support' && request.requested_by === undefined)
    return requestProblem(
      'requester_required',
      'Name the user who asked for the log in requested_by',
      '/requested_by',
    );
  if ((role === 'support' || isOfAll) && request.reason === undefined)
    return requestProblem('reason_required', 'Give the reason or the ticket in reason', '/reason');
  const named = namedRequester(caller, request.requested_by);
  if ('problem' in named) return named;
  return { request: role === 'admin' ? { ...request, requested_by: named.requester } : request, isDryRun };
};

/**
 * The user that the directory must know as an admin of the scope before the log is handed out: the requester.
 * Undefined if only the operator requested it, who may read every log.
 */
export const requesterOf = ({
  scope_id,
  requested_by,
}: ExportRequest): { scopeId: string; userId: string } | undefined =>
  scope_id === undefined || requested_by === undefined
    ? undefined
    : { scopeId: scope_id, userId: requested_by };
