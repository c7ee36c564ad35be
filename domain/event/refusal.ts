/**
 * Why an event was not accepted. The codes are a closed, documented list (docs/refusals.md): callers
 * branch on them, so a code never changes its meaning. A message states what was expected and what was
 * found; it never repeats a payload, because messages reach logs.
 */

/** Every code that `rejected[].code` can hold, with what it means. */
export const refusalCodes = {
  not_an_object: 'An event must be a JSON object',
  invalid_json: 'The line is not JSON (newline-delimited bodies only; elsewhere the whole body is refused)',
  invalid_utf8:
    'The id, source, type, time or specversion in a header is not UTF-8; elsewhere U+FFFD is stored, with a warning',
  lone_surrogate: 'No longer given: half of a surrogate pair is kept as the escape that it came in',
  duplicate_key: 'The event has a member twice, or its actor, target or scope has id or type twice',
  number_out_of_range: 'No longer given: numbers of any size are kept',
  event_too_large: 'No longer given: an event of more than 256 KiB is truncated, with a warning',
  unknown_member: 'The event has a top-level member that is not in the contract',
  missing_member:
    'A required member is absent; with --strict, that is scope too unless the catalogue says otherwise',
  invalid_type: 'The member has the wrong JSON type',
  invalid_string:
    'A type, or the id of a scope, is not 1 to 256 characters without control characters; or an id is empty',
  invalid_action: 'The action does not follow the grammar entity.action',
  reserved_action: 'Actions under audit_log. are written by Annals itself',
  invalid_timestamp: 'occurred_at is not an RFC 3339 time with seconds and an offset',
  occurred_in_future: 'occurred_at lies more than 15 minutes ahead of the clock',
  occurred_at_required: 'An event with an id needs occurred_at too, or a retry would be another event',
  invalid_id: 'The id is neither a string that is not empty nor an integer',
  invalid_version: 'The version is not an integer from 1 to 2147483647',
  invalid_ip_address: 'No longer given: an address of any form is kept, with a warning',
  invalid_payload:
    'The payload contradicts its schema in the catalogue, and the installation refuses that (--strict-payloads)',
  unknown_action: 'The action is not catalogued, and the installation takes only those that are',
  unknown_version:
    'The version of the action is not catalogued, and the installation takes only those that are',
  scope_not_allowed:
    'The key that sends the event is bound to scopes (annals key add --scope), and the event is of another, or of none',
  invalid_cloud_event: 'The CloudEvent is not of version 1.0, or its data is not a JSON object',
} as const;

export type RefusalCode = keyof typeof refusalCodes;

/** `path` is a JSON pointer (RFC 6901) within the event; for a missing member, where it should be. */
export type Refusal = { code: RefusalCode; path: string; message: string };

export const refuse = (code: RefusalCode, path: string, message: string): Refusal => ({
  code,
  path,
  message,
});
