/**
 * Reads an audit event: checks the members of a JSON object against the eleven fields of the contract. An
 * event is refused for its structure alone, never for what a descriptive text in it says, since whoever is
 * logged must not be able to prevent it: what describes is kept as sent, or repaired (repair.ts). The verdict
 * is an event or the first refusal, never an exception. Nested fields keep their tokens as sent.
 */

import { derivedId } from '#domain/derived-id.ts';
import { pointerToken } from '#domain/json/pointer.ts';
import type { JsonMember, JsonValue } from '#domain/json/reader.ts';
import type { JsonMembers } from '#domain/json/token.ts';
import { unquote } from '#domain/json/token.ts';
import { nearMiss } from '#domain/near-miss.ts';
import type { Instant } from '#domain/time.ts';
import type { CanonicalFields } from './content-hash.ts';
import { checkAddress, columnOf, requestColumn } from './event-columns.ts';
import { type Refusal, refuse } from './refusal.ts';
import { repair } from './repair.ts';
import {
  duplicateKey,
  parseId,
  parseOccurredAt,
  parseParty,
  parseSuccess,
  parseVersion,
  places,
  requireField,
  requireKind,
  requireName,
} from './structure.ts';
import { isUuid } from './uuid.ts';
import { RuleViolation, verdictOf } from './verdict.ts';
import { type Warning, Warnings } from './warning.ts';

export const maxActionCharacters = 128;

/** The fields of an event, in the order of the seed's list and of the CSV. */
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
/** The index of a field among them. */
const field = {
  action: 0,
  actor: 1,
  target: 2,
  payload: 3,
  occurredAt: 4,
  metadata: 5,
  id: 6,
  version: 7,
  scope: 8,
  success: 9,
  request: 10,
} as const;
const fieldIndexes: ReadonlyMap<string, number> = new Map(eventFields.map((field, at) => [field, at]));

/**
 * An event as its emitter sent it, repaired. Nested fields are JSON texts; what the receiver has to stamp is
 * undefined. `scopeId` to `sentId` are columns beside them: each is a name.
 */
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
  /** `null`: the emitter says that there was no request; undefined: it does not say. */
  request: string | null | undefined;
  scopeId: string | undefined;
  actorId: string;
  targetId: string;
  requestId: string | undefined;
  clientTraceId: string | undefined;
  /** The id that was sent, if it is not a UUID: `id` is then derived from it. */
  sentId: string | undefined;
  canonical: CanonicalFields;
  /** The members of the payload, which the catalogue checks first. */
  payloadMembers: JsonMembers;
  isPayloadTruncated: boolean;
  warnings: readonly Warning[];
};

export const actionGrammar = /^[a-z0-9_]+(\.[a-z0-9_]+)+$/;
/** The seed's format: lowercase words separated by dots, the entity first. */
export const isAction = (text: string): boolean =>
  text.length <= maxActionCharacters && actionGrammar.test(text);
/** The first segment of the actions that only Annals itself may record. */
export const reservedPrefix = 'audit_log.';

/**
 * Reads one event. `latest` is the greatest accepted `occurred_at`: the clock plus 15 minutes.
 * `mayUseReserved` permits `audit_log.*`, for Annals' own events.
 */
export const parseEvent = (
  value: JsonValue,
  latest: Instant,
  mayUseReserved = false,
): AuditEvent | Refusal => {
  if (value.kind !== 'object')
    return refuse('not_an_object', '', `An event is a JSON object, this is a JSON ${value.kind}`);
  return verdictOf(() => readEvent(value.members, latest, mayUseReserved));
};

const readEvent = (members: readonly JsonMember[], latest: Instant, mayUseReserved: boolean): AuditEvent => {
  const sent = fieldsOf(members);
  const action = parseAction(sent[field.action], mayUseReserved);
  const actorId = parseParty(sent[field.actor], places.actor);
  const targetId = parseParty(sent[field.target], places.target);
  const sentTime = sent[field.occurredAt];
  const occurredAt = sentTime && parseOccurredAt(sentTime, latest);
  const sentIdMember = sent[field.id];
  const sentId = sentIdMember && parseId(sentIdMember);
  if (sentId !== undefined && occurredAt === undefined)
    throw new RuleViolation(
      'occurred_at_required',
      '/occurred_at',
      'An event with an id needs its occurred_at, so that a retry is the same event',
    );
  const sentVersion = sent[field.version];
  const version = sentVersion ? parseVersion(sentVersion) : 1;
  const scopeId = sent[field.scope] && parseParty(sent[field.scope], places.scope);
  if (scopeId !== undefined) requireName(scopeId, places.scope.id);
  const success = parseSuccess(sent[field.success]);

  const warnings = new Warnings();
  const repaired = repair(members, warnings);
  const fields = repaired === members ? sent : fieldsOf(repaired);
  const actor = fields[field.actor]!;
  const target = fields[field.target]!;
  const payload = fields[field.payload];
  const metadata = fields[field.metadata];
  const scope = fields[field.scope];
  const request = fields[field.request];
  const isRequestNull = !request && members.some(({ key }) => key === 'request');
  const uuid = sentId?.toLowerCase();
  const isUuidSent = uuid === undefined || isUuid(uuid);
  if (request) checkAddress(request, warnings);
  return {
    action,
    actor: actor.text,
    target: target.text,
    payload: payload?.text ?? '{}',
    occurredAt,
    metadata: metadata?.text ?? '{}',
    id: isUuidSent ? uuid : derivedId('id', action, sentId!),
    version,
    scope: scope?.text,
    success,
    request: isRequestNull ? null : request?.text,
    scopeId,
    // Repair may have turned an id into the form of its column; the warning is about what was sent.
    actorId: columnOf(actorId, places.actor.id, warnings),
    targetId: columnOf(targetId, places.target.id, warnings),
    requestId: request && requestColumn(request, 'id', warnings),
    clientTraceId: request && requestColumn(request, 'client_trace_id', warnings),
    sentId: isUuidSent ? undefined : columnOf(sentId!, '/id', warnings),
    canonical: {
      actor: actor.canonical,
      target: target.canonical,
      payload: payload?.canonical ?? '{}',
      metadata: metadata?.canonical ?? '{}',
      scope: scope?.canonical,
      request: isRequestNull ? null : request?.canonical,
    },
    payloadMembers: payload ?? noMembers,
    isPayloadTruncated: payload !== sent[field.payload] && payload!.text.startsWith('{"truncated":'),
    warnings: warnings.list,
  };
};

const noMembers: JsonMembers = { keys: [], tokens: [] };

/** The members in the order of the fields; for optional fields `null` is the same as absent. */
const fieldsOf = (members: readonly JsonMember[]): readonly (JsonMember | undefined)[] => {
  const fields: (JsonMember | undefined)[] = new Array(eventFields.length).fill(undefined);
  let seen = 0;
  for (const member of members) {
    const at = fieldIndexes.get(member.key);
    if (at === undefined) throw unknownMember(member.key);
    if (seen & (1 << at)) throw duplicateKey(pointerToken(member.key));
    seen |= 1 << at;
    if (member.text !== 'null' || requiredFields.has(member.key)) fields[at] = member;
  }
  return fields;
};

const letters = (name: string): string => name.toLowerCase().replaceAll(/[^a-z]/g, '');

const unknownMember = (key: string): RuleViolation => {
  const meant = nearMiss(letters(key.slice(0, 64)), eventFields.map(letters));
  const hint = eventFields.find(field => letters(field) === meant);
  return new RuleViolation(
    'unknown_member',
    pointerToken(key),
    `The event has no member of this name${hint ? `; did you mean "${hint}"?` : ''}`,
  );
};

const parseAction = (member: JsonMember | undefined, mayUseReserved: boolean): string => {
  const { text } = requireField(member, 'action');
  requireKind(text, '/action', 'string');
  const action = unquote(text);
  if (!isAction(action))
    throw new RuleViolation(
      'invalid_action',
      '/action',
      'Expected lowercase words separated by dots, the entity first, as in "context.create"; at ' +
        `most ${maxActionCharacters} characters`,
    );
  if (action.startsWith(reservedPrefix) && !mayUseReserved)
    throw new RuleViolation(
      'reserved_action',
      '/action',
      'Actions under "audit_log." are recorded by Annals itself',
    );
  return action;
};
