/**
 * What an audit event is: the members of a JSON object held against the contract's eleven fields. The
 * verdict is an event or the first refusal, never an exception. Nested fields keep their tokens as sent.
 */
import leven from 'leven';
import { hashContent } from './content-hash.ts';
import { isIpAddress } from './ip-address.ts';
import type { JsonMember, JsonValue } from './json-text.ts';
import { kindOf, unquote } from './json-token.ts';
import { isName, maxNameCharacters } from './name.ts';
import { pointerToken, type Refusal, type RefusalCode, refuse } from './refusal.ts';
import { type Instant, parseInstant } from './time.ts';

export const maxActionCharacters = 128;
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

const fieldIndexes: ReadonlyMap<string, number> = new Map(eventFields.map((field, at) => [field, at]));

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

export const actionGrammar = /^[a-z0-9_]+(\.[a-z0-9_]+)+$/;
/** The seed's format: lowercase words separated by dots, the entity first. */
export const isAction = (text: string): boolean =>
  text.length <= maxActionCharacters && actionGrammar.test(text);
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** In lowercase; of any version. */
export const isUuid = (text: string): boolean => uuid.test(text);
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
  const fields: (JsonMember | undefined)[] = new Array(eventFields.length).fill(undefined);
  let isRequestNull = false;
  for (const member of value.members) {
    const at = fieldIndexes.get(member.key);
    if (at === undefined) return unknownMember(member.key);
    if (member.text === 'null' && !requiredFields.has(member.key)) isRequestNull ||= member.key === 'request';
    else fields[at] = member;
  }
  const [
    actionMember,
    actor,
    target,
    payload,
    occurred,
    metadata,
    idMember,
    versionMember,
    scope,
    successMember,
    request,
  ] = fields;
  try {
    const action = parseAction(actionMember, mayUseOwnActions);
    const actorId = parseParty(actor, 'actor');
    const targetId = parseParty(target, 'target');
    requireKind(payload, 'payload', 'object');
    const occurredAt = occurred && parseOccurredAt(occurred, latest);
    parseMetadata(metadata);
    const id = idMember && parseId(idMember);
    if (id !== undefined && occurredAt === undefined)
      throw new Refused(
        'occurred_at_required',
        '/occurred_at',
        'An event with an id needs its occurred_at, so that a retry is the same event',
      );
    const version = versionMember ? parseVersion(versionMember) : 1;
    const scopeId = scope && parseParty(scope, 'scope');
    const success = parseSuccess(successMember);
    const requestIds = request && parseRequest(request);
    return {
      action,
      actor: actor!.text,
      target: target!.text,
      payload: payload?.text ?? '{}',
      occurredAt,
      metadata: metadata?.text ?? '{}',
      id,
      version,
      scope: scope?.text,
      success,
      request: isRequestNull ? null : request?.text,
      scopeId,
      actorId,
      targetId,
      requestId: requestIds?.id,
      clientTraceId: requestIds?.clientTraceId,
      contentSha256: hashContent({
        action,
        actor: actor!.canonical,
        target: target!.canonical,
        payload: payload?.canonical ?? '{}',
        occurredAt,
        metadata: metadata?.canonical ?? '{}',
        id,
        version,
        scope: scope?.canonical,
        success,
        request: isRequestNull ? null : request?.canonical,
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

/** Where a fault lies: a member of the event, or of one of its fields. Made into a pointer only where there is one. */
const pointer = (field: string, key: string | undefined): string =>
  pointerToken(field) + (key === undefined ? '' : pointerToken(key));

const stringAt = (token: string | undefined, field: string, key?: string): string => {
  if (token === undefined)
    throw new Refused('missing_member', pointer(field, key), `"${key ?? field}" is required`);
  if (token.charCodeAt(0) !== 0x22)
    throw new Refused(
      'invalid_type',
      pointer(field, key),
      `Expected a string, got ${article(kindOf(token))}`,
    );
  return unquote(token);
};

const nameAt = (token: string | undefined, field: string, key: string): string => {
  const text = stringAt(token, field, key);
  if (!isName(text))
    throw new Refused(
      'invalid_string',
      pointer(field, key),
      `Expected 1 to ${maxNameCharacters} characters without control characters`,
    );
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
  const id = nameAt(tokenOf(party, 'id'), field, 'id');
  nameAt(tokenOf(party, 'type'), field, 'type');
  const name = optionalTokenOf(party, 'name');
  if (name !== undefined) nameAt(name, field, 'name');
  return id;
};

const parseAction = (member: JsonMember | undefined, mayUseOwnActions: boolean): string => {
  const action = stringAt(requireField(member, 'action').text, 'action');
  if (!isAction(action))
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
  const instant = parseInstant(stringAt(member.text, 'occurred_at'));
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
  const id = stringAt(member.text, 'id').toLowerCase();
  if (!isUuid(id))
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

const parseSuccess = (member: JsonMember | undefined): boolean => {
  const success = requireField(member, 'success');
  requireKind(success, 'success', 'boolean');
  return success.text === 'true';
};

const parseMetadata = (member: JsonMember | undefined): void => {
  requireKind(member, 'metadata', 'object');
  member?.tokens.forEach((token, at) => {
    stringAt(token, 'metadata', member.keys[at]);
  });
};

const parseRequest = (member: JsonMember): { id: string; clientTraceId: string | undefined } => {
  requireKind(member, 'request', 'object');
  const id = nameAt(tokenOf(member, 'id'), 'request', 'id');
  const address = stringAt(tokenOf(member, 'ip_address'), 'request', 'ip_address');
  if (!isIpAddress(address))
    throw new Refused(
      'invalid_ip_address',
      '/request/ip_address',
      'Expected an IPv4 address in dotted notation, or an IPv6 address',
    );
  const trace = optionalTokenOf(member, 'client_trace_id');
  return { id, clientTraceId: trace === undefined ? undefined : nameAt(trace, 'request', 'client_trace_id') };
};
