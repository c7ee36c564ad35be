/**
 * The codes of problems (RFC 9457): every answer that is not a success has one of these, with its status and
 * title. The list is closed; tests check docs/refusals.md and the OpenAPI document against it.
 */
import { scheduleProblems } from './schedule-problems.ts';

type ProblemType = {
  status: number;
  /** The short form, the same in every answer with this code. */
  title: string;
  meaning: string;
};

export const problems = {
  bad_request: {
    status: 400,
    title: 'Not an HTTP/1.1 request',
    meaning: 'What came is not an HTTP/1.1 request: its first line, a header, its `Host` or its end',
  },
  invalid_url: {
    status: 400,
    title: 'URL not percent-encoded UTF-8',
    meaning: 'The path or the query is not percent-encoded UTF-8',
  },
  repeated_parameter: {
    status: 400,
    title: 'Query parameter given twice',
    meaning: 'A query parameter is given twice',
  },
  unknown_parameter: {
    status: 400,
    title: 'Unknown query parameter',
    meaning: 'The route does not have this query parameter',
  },
  empty_request: { status: 400, title: 'No event in the body', meaning: 'The body holds no event' },
  invalid_json: {
    status: 400,
    title: 'Body not JSON',
    meaning: 'The body is not JSON; of events the detail names line and column',
  },
  invalid_utf8: {
    status: 400,
    title: 'Body not UTF-8',
    meaning: 'The body is not UTF-8 (of events: U+FFFD is stored, with a warning)',
  },
  invalid_gzip: {
    status: 400,
    title: 'Body not gzip',
    meaning: 'The body is not the gzip data that `Content-Encoding` says it is',
  },
  invalid_deflate: {
    status: 400,
    title: 'Body not deflate',
    meaning: 'The body is neither the zlib nor the raw deflate data that `Content-Encoding` says it is',
  },
  invalid_request: {
    status: 400,
    title: 'Invalid member or query parameter',
    meaning:
      'A member of the body is wrong, which `path` names, or a query parameter, which the detail names',
  },
  invalid_id: {
    status: 400,
    title: 'Invalid id',
    meaning: 'An id in the path or the query is not 1 to 256 characters without control characters',
  },
  invalid_idempotency_key: {
    status: 400,
    title: 'Invalid Idempotency-Key',
    meaning: 'The `Idempotency-Key` is not 1 to 256 characters',
  },
  invalid_cursor: {
    status: 400,
    title: 'Invalid cursor',
    meaning: 'The cursor is not one that a list has given',
  },
  empty_window: { status: 400, title: 'Empty window', meaning: '`from` is not earlier than `to`' },
  scope_required: {
    status: 400,
    title: 'scope_id missing',
    meaning: '`scope_id` is missing; the operator has the complete log with `all_scopes` and a reason',
  },
  requester_required: { status: 400, title: 'requested_by missing', meaning: '`requested_by` is missing' },
  reason_required: { status: 400, title: 'reason missing', meaning: '`reason` is missing' },
  unauthorized: { status: 401, title: 'Token missing or unknown', meaning: 'No token, or an unknown one' },
  invalid_login: {
    status: 401,
    title: 'Login link not valid',
    meaning: 'The login link is unknown, was used, or is older than ten minutes',
  },
  forbidden: {
    status: 403,
    title: 'Role or scope not allowed',
    meaning: 'The role may not use this route, or the token is of another scope',
  },
  not_an_admin: {
    status: 403,
    title: 'Not an admin of the scope',
    meaning: 'The user who asked is not an admin of the scope; it is recorded in the log',
  },
  link_expired: {
    status: 403,
    title: 'Link expired',
    meaning: 'The download link is older than five minutes, or not one of ours',
  },
  foreign_origin: {
    status: 403,
    title: 'Request from another site',
    meaning: 'A request with the session of the page comes from another site',
  },
  insecure_sign_in: {
    status: 403,
    title: 'Sign-in needs https',
    meaning: 'Other machines reach the page without https, so nobody can sign in to it',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    meaning: 'There is no such route, export, schedule or gap for this caller',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    meaning: 'The path is known, but not with this method; `Allow` lists those that it has',
  },
  request_timeout: {
    status: 408,
    title: 'Request timed out',
    meaning: 'The request did not come to its end in time',
  },
  idempotency_key_reused: {
    status: 409,
    title: 'Idempotency-Key reused',
    meaning: 'The key came before with another request',
  },
  not_finished: { status: 409, title: 'Export not finished', meaning: 'The export has no file yet' },
  not_failed: {
    status: 409,
    title: 'Export has not failed',
    meaning: 'Only an export that failed can be retried',
  },
  changed_elsewhere: {
    status: 409,
    title: 'Changed by somebody else',
    meaning: 'Somebody else changed it at the same time',
  },
  gap_ended: { status: 409, title: 'Gap ended already', meaning: 'The gap has ended already' },
  refused_ended: {
    status: 409,
    title: 'Refused item ended already',
    meaning: 'The refused item has ended already, and was not sent again',
  },
  not_resendable: {
    status: 409,
    title: 'Bytes not kept',
    meaning:
      'The bytes of the refused item are not kept, or not all of them; resend it with a mend, or dismiss it',
  },
  not_redrivable: {
    status: 409,
    title: 'Gap cannot be redriven',
    meaning: 'What was put aside cannot be put back; it can only be dismissed',
  },
  directory_elsewhere: {
    status: 409,
    title: 'Admins kept elsewhere',
    meaning: 'A Lambda of the company keeps the admins',
  },
  moved: {
    status: 410,
    title: 'Installation moved',
    meaning: 'The installation has moved to a stack on AWS; the server only forwards events to it',
  },
  expired: { status: 410, title: 'Files expired', meaning: 'The files of the export are no longer kept' },
  body_too_large: {
    status: 413,
    title: 'Body too large',
    meaning: 'The body is larger than the route takes; of events, more than 4 MiB after inflating',
  },
  too_many_events: { status: 413, title: 'Too many events', meaning: 'More than 10,000 events' },
  url_too_long: {
    status: 414,
    title: 'URL too long',
    meaning: 'The path and the query have more than 8,192 bytes',
  },
  unsupported_encoding: {
    status: 415,
    title: 'Unsupported Content-Encoding',
    meaning: 'A `Content-Encoding` that the route does not take: gzip or deflate for events, none elsewhere',
  },
  expectation_failed: {
    status: 417,
    title: 'Unsupported Expect',
    meaning: 'An `Expect` other than `100-continue`',
  },
  misdirected: {
    status: 421,
    title: 'Host is not that of the page',
    meaning: 'The `Host` of a request for the page, or with its session, is not that of its URL',
  },
  no_valid_event: {
    status: 422,
    title: 'No valid event',
    meaning: 'Every event was refused; `rejected` says why',
  },
  refused_again: {
    status: 422,
    title: 'Refused again',
    meaning: 'What was to be sent again is refused again; `rejected` says why, and nothing has changed',
  },
  too_many_attempts: {
    status: 429,
    title: 'Too many wrong login links',
    meaning: 'Too many wrong login links came from this address; `Retry-After` says when to retry',
  },
  rate_limited: {
    status: 429,
    title: 'Rate limit of the key reached',
    meaning:
      'The key has sent as many events as its limit allows; `Retry-After` says when to send the request again',
  },
  headers_too_large: {
    status: 431,
    title: 'Headers too large',
    meaning: 'The first line and the headers together have more than 32 KiB',
  },
  internal_error: { status: 500, title: 'Internal error', meaning: 'The reason is in the operational log' },
  record_unreadable: {
    status: 500,
    title: 'Record damaged',
    meaning: 'A record in the state is damaged; the operational log names its file, and what to do about it',
  },
  unsupported_transfer_encoding: {
    status: 501,
    title: 'Unsupported Transfer-Encoding',
    meaning: 'A `Transfer-Encoding` other than `chunked`',
  },
  not_stored: {
    status: 503,
    title: 'Events not stored',
    meaning:
      'The stream did not take all; `not_stored` lists what to send again, with its `id` and `occurred_at`',
  },
  stream_unavailable: {
    status: 503,
    title: 'Stream unavailable',
    meaning: 'The stream does not take the request now, so it was not done; `Retry-After` says when to retry',
  },
  not_recorded: {
    status: 503,
    title: 'Not recorded',
    meaning:
      'The audit record could not be written, so nothing was changed; `Retry-After` says when to retry',
  },
  state_unavailable: {
    status: 503,
    title: 'State unavailable',
    meaning:
      'The state of the log cannot be read or written now (its disk is full, say); `Retry-After` says when to retry',
  },
  starting: {
    status: 503,
    title: 'Starting',
    meaning: 'The server is starting; `Retry-After` says when to retry',
  },
  page_unavailable: {
    status: 503,
    title: 'Page not built',
    meaning: 'The Audit Log page could not be built; the operational log says why',
  },
  too_many_connections: {
    status: 503,
    title: 'Too many connections',
    meaning:
      'Every connection that the server takes is answering a request; `Retry-After` says when to retry',
  },
  unsupported_http_version: {
    status: 505,
    title: 'Unsupported HTTP version',
    meaning: 'HTTP other than 1.0 and 1.1',
  },
  ...scheduleProblems,
} as const satisfies Record<string, ProblemType>;

export type ProblemCode = keyof typeof problems;
/** The codes with a given status. */
export type ProblemCodeOf<Status extends number> = {
  [Code in ProblemCode]: (typeof problems)[Code]['status'] extends Status ? Code : never;
}[ProblemCode];

export const problemCodes = Object.keys(problems) as [ProblemCode, ...ProblemCode[]];
