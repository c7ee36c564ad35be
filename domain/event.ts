/**
 * What an audit event is: the members of a JSON object held against the contract's eleven fields. The
 * verdict is an event or the first refusal, never an exception. Nested fields keep their tokens as sent.
 */
import leven from 'leven';
import { hashContent } from './content-hash.ts';
import { isIpAddress } from './ip-address.ts';
import { type JsonMember, type JsonValue, kindOf, unquote } from './json-text.ts';
import { pointerToken, type Refusal, type RefusalCode, refuse } from './refusal.ts';
import { type Instant, parseInstant } from './time.ts';

export const maxActionCharacters = 128;
export const maxNameCharacters = 256;
export const maxVersion = 2 ** 31 - 1;

/** The fields of an event, in the order in which the seed lists them and the CSV gives them. */
export const eventFields = [
  'action',
  'actor',
  'target',
  'payload',
  'occurred_at',
  'metadata',
  'id',
  'version',
  'scope',
  'success',
  'request',
] as const;

const requiredFields: ReadonlySet<string> = new Set(['action', 'actor', 'target', 'success']);

type EventField = (typeof eventFields)[number];

/** An event as its emitter sent it. Nested fields are JSON texts; what the receiver has to stamp is undefined. */
export type AuditEvent = {
  action: string;
  actor: string;
  target: string;
  payload: string;
  occurredAt: Instant | undefined;
  metadata: string;
  id: string | undefined;
  version: number;
  scope: string | undefined;
  success: boolean;
  /** `null`: the emitter says that there was no request; undefined: it says nothing. */
  request: string | null | undefined;
  scopeId: string | undefined;
  actorId: string;
  targetId: string;
  requestId: string | undefined;
  clientTraceId: string | undefined;
  contentSha256: string;
};

const actionGrammar = /^[a-z0-9_]+(\.[a-z0-9_]+)+$/;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const controlCharacters = /[\u0000-\u001f\u007f-\u009f]/;
/** The first segment of the actions that only Annals itself may record. */
export const ownActions = 'audit_log.';

/** Thrown inside this file only: the way from a rule that is broken to the verdict. */
class Refused {
  readonly refusal: Refusal;
  constructor(code: RefusalCode, path: string, message: string) {
    this.refusal = refuse(code, path, message);
  }
}

/**
 * Reads one event. `latest` is the greatest `occurred_at` that is taken: the clock plus 15 minutes. `mayUseOwnActions`
 * opens `audit_log.*`, for Annals' own events.
 */
export const parseEvent = (
  value: JsonValue,
  latest: Instant,
  mayUseOwnActions = false,
): AuditEvent | Refusal => {
  if (value.kind !== 'object')
    return refuse('not_an_object', '', `An event is a JSON object, this is a JSON ${value.kind}`);
  if (value.fault) return value.fault;
  const fields: Partial<Record<EventField, JsonMember>> = {};
  let isRequestNull = false;
  for (const member of value.members) {
    if (!(eventFields as readonly string[]).includes(member.key)) return unknownMember(member.key);
    if (member.text === 'null' && !requiredFields.has(member.key)) isRequestNull ||= member.key === 'request';
    else fields[member.key as EventField] = member;
  }
  try {
    const action = parseAction(fields.action, mayUseOwnActions);
    const actorId = parseParty(fields.actor, 'actor');
    const targetId = parseParty(fields.target, 'target');
    requireKind(fields.payload, 'payload', 'object');
    const occurredAt = fields.occurred_at && parseOccurredAt(fields.occurred_at, latest);
    parseMetadata(fields.metadata);
    const id = fields.id && parseId(fields.id);
    if (id !== undefined && occurredAt === undefined)
      throw new Refused(
        'occurred_at_required',
        '/occurred_at',
        'An event with an id needs its occurred_at, so that a retry is the same event',
      );
    const version = fields.version ? parseVersion(fields.version) : 1;
    const scopeId = fields.scope && parseParty(fields.scope, 'scope');
    const success = requireField(fields.success, 'success');
    requireKind(success, 'success', 'boolean');
    const requestIds = fields.request && parseRequest(fields.request);
    const scalars = { action, occurredAt, id, version, success: success.text === 'true' };
    return {
      ...scalars,
      actor: fields.actor!.text,
      target: fields.target!.text,
      payload: fields.payload?.text ?? '{}',
      metadata: fields.metadata?.text ?? '{}',
      scope: fields.scope?.text,
      request: isRequestNull ? null : fields.request?.text,
      scopeId,
      actorId,
      targetId,
      requestId: requestIds?.id,
      clientTraceId: requestIds?.clientTraceId,
      contentSha256: hashContent({
        ...scalars,
        actor: fields.actor!.canonical,
        target: fields.target!.canonical,
        payload: fields.payload?.canonical ?? '{}',
        metadata: fields.metadata?.canonical ?? '{}',
        scope: fields.scope?.canonical,
        request: isRequestNull ? null : fields.request?.canonical,
      }),
    };
  } catch (error) {
    if (error instanceof Refused) return error.refusal;
    throw error;
  }
};

const unknownMember = (key: string): Refusal => {
  const letters = (name: string) => name.toLowerCase().replaceAll(/[^a-z]/g, '');
  const distances = eventFields.map(field => ({
    field,
    distance: leven(letters(field), letters(key.slice(0, 64))),
  }));
  const nearest = distances.reduce((best, next) => (next.distance < best.distance ? next : best));
  const hint =
    nearest.distance <= Math.ceil(nearest.field.length / 4) ? `; did you mean "${nearest.field}"?` : '';
  return refuse('unknown_member', pointerToken(key), `The event has no member of this name${hint}`);
};

const requireField = (member: JsonMember | undefined, field: string): JsonMember => {
  if (!member) throw new Refused('missing_member', pointerToken(field), `"${field}" is required`);
  return member;
};

const requireKind = (
  member: JsonMember | undefined,
  field: string,
  kind: 'object' | 'string' | 'number' | 'boolean',
): void => {
  const found = member ? kindOf(member.text) : kind;
  if (found !== kind)
    throw new Refused(
      'invalid_type',
      pointerToken(field),
      `Expected ${kind === 'object' ? 'an' : 'a'} ${kind}, got ${article(found)}`,
    );
};

const article = (kind: string): string =>
  kind === 'null' ? kind : `${/^[ao]/.test(kind) ? 'an' : 'a'} ${kind}`;

const stringAt = (token: string | undefined, path: string): string => {
  if (token === undefined)
    throw new Refused('missing_member', path, `"${path.slice(path.lastIndexOf('/') + 1)}" is required`);
  if (kindOf(token) !== 'string')
    throw new Refused('invalid_type', path, `Expected a string, got ${article(kindOf(token))}`);
  return unquote(token);
};

/** The rule of every id, type and name: 1 to 256 characters, none of them a control character. */
const nameAt = (token: string | undefined, path: string): string => {
  const text = stringAt(token, path);
  const isTooLong = text.length > maxNameCharacters && [...text].length > maxNameCharacters;
  if (text === '' || isTooLong || controlCharacters.test(text))
    throw new Refused('invalid_string', path, 'Expected 1 to 256 characters without control characters');
  return text;
};

const tokenOf = (member: JsonMember, key: string): string | undefined => {
  const at = member.keys.indexOf(key);
  return at < 0 ? undefined : member.tokens[at];
};

/** As `tokenOf`, of a member that may be left out: `null` is the same as absent. */
const optionalTokenOf = (member: JsonMember, key: string): string | undefined => {
  const token = tokenOf(member, key);
  return token === 'null' ? undefined : token;
};

/** An actor, a target or a scope; gives its id. */
const parseParty = (member: JsonMember | undefined, field: string): string => {
  const party = requireField(member, field);
  requireKind(party, field, 'object');
  const id = nameAt(tokenOf(party, 'id'), `/${field}/id`);
  nameAt(tokenOf(party, 'type'), `/${field}/type`);
  const name = optionalTokenOf(party, 'name');
  if (name !== undefined) nameAt(name, `/${field}/name`);
  return id;
};

const parseAction = (member: JsonMember | undefined, mayUseOwnActions: boolean): string => {
  const action = stringAt(requireField(member, 'action').text, '/action');
  if (action.length > maxActionCharacters || !actionGrammar.test(action))
    throw new Refused(
      'invalid_action',
      '/action',
      `Expected lowercase words separated by dots, the entity first, as in "context.create"; at most ${maxActionCharacters} characters`,
    );
  if (action.startsWith(ownActions) && !mayUseOwnActions)
    throw new Refused(
      'reserved_action',
      '/action',
      'Actions under "audit_log." are recorded by Annals itself',
    );
  return action;
};

const parseOccurredAt = (member: JsonMember, latest: Instant): Instant => {
  const instant = parseInstant(stringAt(member.text, '/occurred_at'));
  if (instant === undefined)
    throw new Refused(
      'invalid_timestamp',
      '/occurred_at',
      'Expected an RFC 3339 time with seconds and an offset, as in "2017-12-21T13:50:54.474Z"',
    );
  if (instant > latest)
    throw new Refused(
      'occurred_in_future',
      '/occurred_at',
      'The time lies more than 15 minutes ahead of the clock',
    );
  return instant;
};

const parseId = (member: JsonMember): string => {
  const id = stringAt(member.text, '/id').toLowerCase();
  if (!uuid.test(id))
    throw new Refused('invalid_id', '/id', 'Expected a UUID, as in "0191f3a0-6c1e-7a3b-9f00-5b0c3b1f9a77"');
  return id;
};

const parseVersion = (member: JsonMember): number => {
  requireKind(member, 'version', 'number');
  const version = Number(member.text);
  if (!Number.isInteger(version) || version < 1 || version > maxVersion)
    throw new Refused('invalid_version', '/version', `Expected an integer from 1 to ${maxVersion}`);
  return version;
};

const parseMetadata = (member: JsonMember | undefined): void => {
  requireKind(member, 'metadata', 'object');
  member?.tokens.forEach((token, at) => {
    stringAt(token, `/metadata${pointerToken(member.keys[at]!)}`);
  });
};

const parseRequest = (member: JsonMember): { id: string; clientTraceId: string | undefined } => {
  requireKind(member, 'request', 'object');
  const id = nameAt(tokenOf(member, 'id'), '/request/id');
  const address = stringAt(tokenOf(member, 'ip_address'), '/request/ip_address');
  if (!isIpAddress(address))
    throw new Refused(
      'invalid_ip_address',
      '/request/ip_address',
      'Expected an IPv4 address in dotted notation, or an IPv6 address',
    );
  const trace = optionalTokenOf(member, 'client_trace_id');
  return { id, clientTraceId: trace === undefined ? undefined : nameAt(trace, '/request/client_trace_id') };
};
