/**
 * Why an event was not accepted. The codes are a closed, documented list (docs/refusals.md): callers
 * branch on them, so a code never changes its meaning. A message states what was expected and what was
 * found; it never repeats a payload, because messages reach logs.
 */

/** Every code that `rejected[].code` can hold, with what it means. */
export const refusalCodes = {
  not_an_object: 'An event must be a JSON object',
  invalid_json: 'The line is not JSON (newline-delimited bodies only; elsewhere the whole body is refused)',
  invalid_utf8: 'A string holds bytes that are not UTF-8',
  lone_surrogate: 'A string holds half of a surrogate pair, which UTF-8 cannot carry',
  duplicate_key: 'An object has the same key twice',
  number_out_of_range: 'A number lies beyond what a double can hold',
  event_too_large: 'The event is larger than 256 KiB of UTF-8',
  unknown_member: 'The event has a top-level member that is not in the contract',
  missing_member: 'A required member is absent',
  invalid_type: 'The member has the wrong JSON type',
  invalid_string: 'An id, type or name is empty, longer than 256 characters, or holds control characters',
  invalid_action: 'The action does not follow the grammar entity.action',
  reserved_action: 'Actions under audit_log. are written by Annals itself',
  invalid_timestamp: 'occurred_at is not an RFC 3339 time with seconds and an offset',
  occurred_in_future: 'occurred_at lies more than 15 minutes ahead of the clock',
  occurred_at_required: 'An event with an id needs occurred_at too, or a retry would be another event',
  invalid_id: 'The id is not a UUID',
  invalid_version: 'The version is not an integer from 1 to 2147483647',
  invalid_ip_address: 'request.ip_address is neither an IPv4 nor an IPv6 address',
  invalid_payload: 'The payload contradicts the schema that its action and version have in the catalogue',
  unknown_action: 'The action is not catalogued, and the installation takes only those that are',
  unknown_version:
    'The version of the action is not catalogued, and the installation takes only those that are',
  invalid_cloud_event: 'What was sent as a CloudEvent is none of version 1.0, or its data is no JSON object',
} as const;

export type RefusalCode = keyof typeof refusalCodes;

/** `path` is a JSON pointer (RFC 6901) within the event; for a missing member, where it should be. */
export type Refusal = { code: RefusalCode; path: string; message: string };

export const refuse = (code: RefusalCode, path: string, message: string): Refusal => ({
  code,
  path,
  message,
});

/** One reference token of a JSON pointer, escaped as RFC 6901 section 3 says. */
export const pointerToken = (key: string | number): string =>
  `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
