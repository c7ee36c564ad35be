/** Why a request is not taken, and the members that requests have in common. */
import * as z from 'zod';
import { isName, maxNameCharacters } from './name.ts';
import { pointerToken } from './refusal.ts';
import { parseInstantOrDate } from './time.ts';

/** `path` is a JSON pointer within the body. */
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
  path: string;
};

export const requestProblem = (
  status: RequestProblem['status'],
  code: RequestProblem['code'],
  message: string,
  path: string,
): { problem: RequestProblem } => ({ problem: { status, code, message, path } });

/** The first fault of a shape: what was expected, and where. */
export const shapeProblem = ({ issues: [issue] }: z.ZodError): { problem: RequestProblem } => {
  const isUnknown = issue!.code === 'unrecognized_keys';
  const path = isUnknown ? [...issue!.path, issue!.keys[0]!] : issue!.path;
  const message = isUnknown ? `Unknown member "${issue!.keys[0]}"` : issue!.message;
  return requestProblem(
    400,
    'invalid_request',
    message,
    path.map(part => pointerToken(String(part))).join(''),
  );
};

export const nameMember = z
  .string()
  .refine(isName, `Expected 1 to ${maxNameCharacters} whole characters without control characters`);

/** Times are read as in every query: an instant, or a date for its midnight UTC. */
export const timeMember = z.string().transform((text, context) => {
  const parsed = parseInstantOrDate(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: 'Expected an RFC 3339 time or a date as YYYY-MM-DD' });
  return z.NEVER;
});

/** Half of a surrogate pair: JSON can carry it, but neither UTF-8 nor a query can. */
const half = /\p{Cs}/u;

export const reasonMember = z
  .string()
  .min(1)
  .max(1024)
  .refine(text => !half.test(text), 'Expected whole characters, got half of a surrogate pair');
