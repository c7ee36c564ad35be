/**
 * The codes of problems (RFC 9457): every answer that is not a success has one of these, and the status that stands
 * beside it here. A closed list, held to docs/refusals.md and to what the server answers.
 */
export const problemCodes = {
  bad_request: [400, 'What came is not an HTTP/1.1 request: its first line, a header, its `Host` or its end'],
  invalid_url: [400, 'The path or the query is not percent-encoded UTF-8'],
  repeated_parameter: [400, 'A query parameter is given twice'],
  unknown_parameter: [400, 'The route does not have this query parameter'],
  empty_request: [400, 'The body holds no event'],
  invalid_json: [400, 'The body is not JSON; of events the detail names line and column'],
  invalid_utf8: [400, 'The body is not UTF-8 (of events: U+FFFD is stored, with a warning)'],
  invalid_gzip: [400, 'The body is not the gzip data that `Content-Encoding` says it is'],
  invalid_deflate: [
    400,
    'The body is neither the zlib nor the raw deflate data that `Content-Encoding` says it is',
  ],
  invalid_request: [
    400,
    'A member of the body is wrong, which `path` names, or a query parameter, which the detail names',
  ],
  invalid_id: [400, 'An id in the path or the query is not 1 to 256 characters without control characters'],
  invalid_idempotency_key: [400, 'The `Idempotency-Key` is not 1 to 256 characters'],
  invalid_cursor: [400, 'The cursor is not one that a list has given'],
  empty_window: [400, '`from` is not earlier than `to`'],
  scope_required: [
    400,
    '`scope_id` is missing; the operator exports the complete log with `all_scopes: true` and a reason',
  ],
  requester_required: [400, '`requested_by` is missing'],
  reason_required: [400, '`reason` is missing'],
  unauthorized: [401, 'No token, or an unknown one'],
  forbidden: [403, 'The role may not use this route, or the token is of another scope'],
  not_an_admin: [403, 'The user who asked is not an admin of the scope; it is recorded in the log'],
  link_expired: [403, 'The download link is older than five minutes, or not one of ours'],
  not_found: [404, 'There is no such route, export, schedule or gap for this caller'],
  method_not_allowed: [405, 'The path is known, but not with this method; `Allow` lists those that it has'],
  request_timeout: [408, 'The request did not come to its end in time'],
  idempotency_key_reused: [409, 'The key came before with another request'],
  not_finished: [409, 'The export has no file yet'],
  not_failed: [409, 'Only an export that failed can be retried'],
  schedule_deleted: [409, 'The id was deleted and is not given again'],
  not_begun: [409, 'The first run of the schedule begins later than now'],
  changed_elsewhere: [409, 'Somebody else changed it at the same time'],
  gap_ended: [409, 'The gap has ended already'],
  refused_ended: [409, 'The refused item has ended already, and was not sent again'],
  not_resendable: [
    409,
    'The bytes of the refused item are not kept, or not all of them; it can only be sent again mended, or be dismissed',
  ],
  not_redrivable: [409, 'What was put aside cannot be put back; it can only be dismissed'],
  directory_elsewhere: [409, 'A Lambda of the company keeps the admins'],
  expired: [410, 'The files of the export are no longer kept'],
  body_too_large: [
    413,
    'The body is larger than the route takes; of events, more than 4 MiB after inflating',
  ],
  too_many_events: [413, 'More than 10,000 events'],
  url_too_long: [414, 'The path and the query have more than 8,192 bytes'],
  unsupported_encoding: [
    415,
    'A `Content-Encoding` that the route does not take: gzip or deflate for events, none elsewhere',
  ],
  expectation_failed: [417, 'An `Expect` other than `100-continue`'],
  no_valid_event: [422, 'Every event was refused; `rejected` says why'],
  refused_again: [
    422,
    'What was to be sent again is refused again; `rejected` says why, and nothing has changed',
  ],
  headers_too_large: [431, 'The first line and the headers together have more than 32 KiB'],
  internal_error: [500, 'The reason is in the operational log'],
  record_unreadable: [
    500,
    'A record in the state is damaged; the operational log names its file, and what to do about it',
  ],
  unsupported_transfer_encoding: [501, 'A `Transfer-Encoding` other than `chunked`'],
  not_stored: [
    503,
    'The stream did not take all; `not_stored` lists what to send again, with its `id` and `occurred_at`',
  ],
  stream_unavailable: [
    503,
    'The stream does not take the request now, so it was not done; `Retry-After` says when to retry',
  ],
  not_recorded: [
    503,
    'The audit record could not be written, so nothing was changed; `Retry-After` says when to retry',
  ],
  state_unavailable: [
    503,
    'The state of the log cannot be read or written now (its disk is full, say); `Retry-After` says when to retry',
  ],
  starting: [503, 'The server is starting; `Retry-After` says when to retry'],
  too_many_connections: [
    503,
    'Every connection that the server takes is answering a request; `Retry-After` says when to retry',
  ],
  unsupported_http_version: [505, 'HTTP other than 1.0 and 1.1'],
} as const satisfies Record<string, readonly [status: number, meaning: string]>;

export type ProblemCode = keyof typeof problemCodes;
