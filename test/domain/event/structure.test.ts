import { describe, expect, it } from 'vitest';
import {
  maxVersion,
  parseId,
  parseOccurredAt,
  parseParty,
  parseSuccess,
  parseVersion,
  places,
} from '#domain/event/structure.ts';
import { verdictOf } from '#domain/event/verdict.ts';
import { JsonReader } from '#domain/json/reader.ts';

/** The only member of an object with this value. */
const member = (text: string) => new JsonReader(`{"m":${text}}`).value().members[0]!;
const codeOf = (work: () => unknown): string | undefined => {
  const verdict = verdictOf(work);
  return typeof verdict === 'object' && verdict ? (verdict as { code: string }).code : undefined;
};
const actor = (text: string) => () => parseParty(member(text), places.actor);
const latest = '2026-11-23T12:00:00.000000000Z';

describe('a party of an event', () => {
  it('is known by its id, of which any text will do', () => {
    expect(actor('{"type":"user","id":"\\u00e9\\n"}')()).toBe('é\n');
  });

  it.each([
    ['"u-1"', 'invalid_type'],
    ['{"type":"user"}', 'missing_member'],
    ['{"id":"u-1"}', 'missing_member'],
    ['{"type":"user","id":7}', 'invalid_type'],
    ['{"type":"user","id":""}', 'invalid_string'],
    ['{"type":"","id":"u-1"}', 'invalid_string'],
    ['{"type":"user","id":"u-1","id":"u-2"}', 'duplicate_key'],
    ['{"type":"user","type":"user","id":"u-1"}', 'duplicate_key'],
  ])('%s is refused: %s', (text, code) => {
    expect(codeOf(actor(text))).toBe(code);
  });

  it('is refused if it is absent, with a pointer to where it should be', () => {
    expect(verdictOf(() => parseParty(undefined, places.target))).toMatchObject({
      code: 'missing_member',
      path: '/target',
    });
  });
});

describe('the other members of the structure', () => {
  it('are what they say', () => {
    expect(parseId(member('"a"'))).toBe('a');
    expect(parseId(member('12345678901234567890123'))).toBe('12345678901234567890123');
    expect(parseVersion(member(String(maxVersion)))).toBe(maxVersion);
    expect(parseSuccess(member('false'))).toBe(false);
    expect(parseOccurredAt(member('"2026-11-23T13:00:00+01:00"'), latest)).toBe(latest);
  });

  it.each([
    ['an empty id', () => parseId(member('""')), 'invalid_id'],
    ['a fraction as an id', () => parseId(member('1.5')), 'invalid_id'],
    ['an object as an id', () => parseId(member('{}')), 'invalid_type'],
    ['a version of zero', () => parseVersion(member('0')), 'invalid_version'],
    ['a version of too many bits', () => parseVersion(member('2147483648')), 'invalid_version'],
    ['a version as a text', () => parseVersion(member('"1"')), 'invalid_type'],
    ['a success as a text', () => parseSuccess(member('"true"')), 'invalid_type'],
    ['no success', () => parseSuccess(undefined), 'missing_member'],
    ['a day', () => parseOccurredAt(member('"2026-11-23"'), latest), 'invalid_timestamp'],
    [
      'a time ahead',
      () => parseOccurredAt(member('"2026-11-23T12:00:00.000000001Z"'), latest),
      'occurred_in_future',
    ],
  ])('are refused if there is %s', (_, work, code) => {
    expect(codeOf(work)).toBe(code);
  });
});
