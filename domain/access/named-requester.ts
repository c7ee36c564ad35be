/** For whom a request is made: admins ask for themselves, and staff may name an admin. */
import { type RequestProblem, requestProblem } from '#domain/request-shape.ts';
import type { Caller } from './caller.ts';

/** The user it is made for, undefined if staff named nobody; or why an admin cannot name this one. */
export const namedRequester = (
  caller: Caller,
  requestedBy: string | undefined,
): { requester: string | undefined } | { problem: RequestProblem } => {
  if (caller.role !== 'admin') return { requester: requestedBy };
  return requestedBy === undefined || requestedBy === caller.principal
    ? { requester: caller.principal }
    : requestProblem('forbidden', 'An admin asks for themselves: leave requested_by out', '/requested_by');
};
