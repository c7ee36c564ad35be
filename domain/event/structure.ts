/**
 * The rules for the members that are the structure of an event: what each must be, and what it means. A
 * broken rule throws `RuleViolation`; paths are those within the event.
 */

import { pointerToken } from '#domain/json/pointer.ts';
import type { JsonMember } from '#domain/json/reader.ts';
import { type JsonKind, kindOf, unquote } from '#domain/json/token.ts';
import { type Instant, parseInstant } from '#domain/time.ts';
import { withArticle } from '#domain/with-article.ts';
import { isName, nameExpectation } from './name.ts';
import { RuleViolation } from './verdict.ts';

export const maxVersion = 2 ** 31 - 1;

export const duplicateKey = (path: string): RuleViolation =>
  new RuleViolation('duplicate_key', path, 'Expected this member once, it is there twice');

export const requireField = (member: JsonMember | undefined, name: string): JsonMember => {
  if (!member) throw new RuleViolation('missing_member', pointerToken(name), `"${name}" is required`);
  return member;
};

export const requireKind = (token: string, path: string, kind: JsonKind): void => {
  const found = kindOf(token);
  if (found !== kind)
    throw new RuleViolation('invalid_type', path, `Expected ${withArticle(kind)}, got ${withArticle(found)}`);
};

/** Pointers to the checked members of each. */
export const places = {
  actor: { name: 'actor', field: '/actor', id: '/actor/id', type: '/actor/type' },
  target: { name: 'target', field: '/target', id: '/target/id', type: '/target/type' },
  scope: { name: 'scope', field: '/scope', id: '/scope/id', type: '/scope/type' },
} as const;

/**
 * An actor, a target or a scope has a type, which is a name, and an id, which is any text that is not empty.
 * Returns that id.
 */
export const parseParty = (
  member: JsonMember | undefined,
  place: (typeof places)[keyof typeof places],
): string => {
  const { text, keys, tokens } = requireField(member, place.name);
  requireKind(text, place.field, 'object');
  let id: string | undefined;
  let type: string | undefined;
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at]!;
    if (key === 'id') {
      if (id !== undefined) throw duplicateKey(place.id);
      id = tokens[at];
    } else if (key === 'type') {
      if (type !== undefined) throw duplicateKey(place.type);
      type = tokens[at];
    }
  }
  requireString(id, place.id, '"id" is required');
  requireString(type, place.type, '"type" is required');
  if (id === '""') throw new RuleViolation('invalid_string', place.id, 'Expected at least one character');
  requireName(unquote(type!), place.type);
  return unquote(id!);
};

const requireString = (token: string | undefined, path: string, missing: string): void => {
  if (token === undefined) throw new RuleViolation('missing_member', path, missing);
  requireKind(token, path, 'string');
};

export const requireName = (text: string, path: string): void => {
  if (!isName(text)) throw new RuleViolation('invalid_string', path, nameExpectation);
};

export const parseOccurredAt = ({ text }: JsonMember, latest: Instant): Instant => {
  requireKind(text, '/occurred_at', 'string');
  const instant = parseInstant(unquote(text));
  if (instant === undefined)
    throw new RuleViolation(
      'invalid_timestamp',
      '/occurred_at',
      'Expected an RFC 3339 time with seconds and an offset, as in "2017-12-21T13:50:54.474Z"',
    );
  if (instant > latest)
    throw new RuleViolation(
      'occurred_in_future',
      '/occurred_at',
      'The time lies more than 15 minutes ahead of the clock',
    );
  return instant;
};

/** The id as sent: the characters of a string, the token of an integer. */
export const parseId = ({ text }: JsonMember): string => {
  const isNumber = kindOf(text) === 'number';
  if (!isNumber) requireKind(text, '/id', 'string');
  const id = isNumber ? text : unquote(text);
  if (id === '' || (isNumber && !/^-?\d+$/.test(id)))
    throw new RuleViolation(
      'invalid_id',
      '/id',
      'Expected a UUID, another string that is not empty, or an integer',
    );
  return id;
};

export const parseVersion = ({ text }: JsonMember): number => {
  requireKind(text, '/version', 'number');
  const version = Number(text);
  if (!Number.isInteger(version) || version < 1 || version > maxVersion)
    throw new RuleViolation('invalid_version', '/version', `Expected an integer from 1 to ${maxVersion}`);
  return version;
};

export const parseSuccess = (member: JsonMember | undefined): boolean => {
  const { text } = requireField(member, 'success');
  requireKind(text, '/success', 'boolean');
  return text === 'true';
};
