/** Why a request is refused, and the members that requests have in common. */
import * as z from 'zod';
import { isName, nameExpectation, nameLimits } from '#domain/event/name.ts';
import { pointerToken } from '#domain/json/pointer.ts';
import { parseInstantOrDate } from './time.ts';

/** `path` is a JSON pointer within the body. */
export type RequestProblem = {
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
  code: RequestProblem['code'],
  message: string,
  path: string,
): { problem: RequestProblem } => ({ problem: { code, message, path } });

/** The first fault of a shape: what was expected, and where. */
export const shapeProblem = ({ issues: [issue] }: z.ZodError): { problem: RequestProblem } => {
  const isUnknown = issue!.code === 'unrecognized_keys';
  const path = isUnknown ? [...issue!.path, issue!.keys[0]!] : issue!.path;
  const message = isUnknown ? `Unknown member "${issue!.keys[0]}"` : issue!.message;
  return requestProblem('invalid_request', message, path.map(part => pointerToken(String(part))).join(''));
};

export const nameMember = z.string().refine(isName, nameExpectation).meta(nameLimits);

/** Times are read as in queries: an instant, or a date for its midnight UTC. */
/** A time in JSON Schema, which cannot say which of these dates are real. */
export const timeLimits = {
  minLength: 10,
  maxLength: 35,
  pattern: String.raw`^\d{4}-\d{2}-\d{2}([Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2}))?$`,
} as const;

export const timeMember = z
  .string()
  .meta({
    description: 'RFC 3339, with seconds and up to nine fractional digits, or a date for its midnight UTC.',
    ...timeLimits,
  })
  .transform((text, context) => {
    const parsed = parseInstantOrDate(text);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: 'Expected an RFC 3339 time or a date as YYYY-MM-DD' });
    return z.NEVER;
  });

export const maxReasonCharacters = 1024;

/**
 * JSON can contain half of a surrogate pair, but neither UTF-8 nor a query can. Characters are counted as in
 * names.
 */
const isReason = (text: string): boolean =>
  text !== '' &&
  text.length <= 2 * maxReasonCharacters &&
  [...text].length <= maxReasonCharacters &&
  !/\p{Cs}/u.test(text);

export const reasonMember = z
  .string()
  .refine(isReason, `Expected 1 to ${maxReasonCharacters} whole characters`)
  .meta({ minLength: 1, maxLength: maxReasonCharacters });
