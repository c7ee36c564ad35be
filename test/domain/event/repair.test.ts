import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeReceipt, encodeRow } from '#domain/archive/row.ts';
import type { AuditEvent } from '#domain/event/event.ts';
import { keptHeadBytes, keptNameBytes, maxEventBytes, repair } from '#domain/event/repair.ts';
import { Warnings } from '#domain/event/warning.ts';
import { JsonReader } from '#domain/json/reader.ts';

import { stampEvent, stampRequest } from '#domain/receive/stamps.ts';
import { accepted, anId, eventText, jsonText, judge } from '#test/support/builders.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const fields = ['payload', 'metadata', 'request', 'target', 'actor', 'scope'] as const;

/** The event with members as tokens of the test's own. */
const withTokens = (tokens: Record<string, string>): string => {
  const marks = Object.keys(tokens).map(name => [name, `<${name}>`]);
  return Object.entries(tokens).reduce(
    (text, [name, token]) => text.replace(JSON.stringify(`<${name}>`), () => token),
    eventText(Object.fromEntries(marks)),
  );
};
const warned = (text: string) => accepted(text).warnings.map(({ code, path, count }) => [code, path, count]);

/** The text of an event as `repair` makes it, and the codes of its warnings. */
const repaired = (text: string): { text: string; codes: string[] } => {
  const gathered = new Warnings();
  const members = repair(new JsonReader(text).value().members, gathered);
  return {
    text: `{${members.map(member => `${JSON.stringify(member.key)}:${member.text}`).join()}}`,
    codes: gathered.list.map(({ code }) => code),
  };
};
const rowOf = (event: AuditEvent): string =>
  encodeRow(
    event,
    stampEvent(event, stampRequest(undefined), '2026-11-23T12:00:00.000000000Z', () => anId),
    encodeReceipt('x', 'y', undefined),
  );

describe('repair', () => {
  it.each(['payload', 'metadata', 'request'] as const)('makes %s an object, and says so', field => {
    for (const token of ['[1.0,{"a":1,"a":2}]', '"\\ud800"', '1e400', 'true']) {
      const event = accepted(withTokens({ [field]: token }));
      const value = field === 'metadata' && !token.startsWith('"') ? JSON.stringify(token) : token;
      expect(event[field]).toBe(`{"value":${value}}`);
      expect(event.warnings).toContainEqual({
        code: 'wrapped',
        path: `/${field}`,
        message: expect.any(String),
      });
    }
  });

  it('makes each value of metadata text, keeps the tokens of its keys and counts them', () => {
    const text = withTokens({
      metadata: '{ "a" : 1.50, "\\u0062":{"x":[1e400,"\\ud800"]} , "c":"kept\\u0020", "c":null,"d/":true}',
    });
    expect(accepted(text).metadata).toBe(
      '{"a":"1.50","\\u0062":"{\\"x\\":[1e400,\\"\\\\ud800\\"]}","c":"kept\\u0020","c":"null","d/":"true"}',
    );
    expect(warned(text)).toEqual([['metadata_as_text', '/metadata/a', 4]]);
  });

  it('leaves alone what needs no repair: the very same members', () => {
    fc.assert(
      fc.property(jsonText, fc.dictionary(fc.string(), fc.string()), (payload, metadata) => {
        const text = eventText({ metadata, payload: 0 }).replace(
          '"payload":0',
          () => `"payload":{"x":${payload}}`,
        );
        const { members } = new JsonReader(text).value();
        const warnings = new Warnings();
        expect(repair(members, warnings)).toBe(members);
        expect(warnings.list).toEqual([]);
      }),
    );
  });

  it('is idempotent, and warns of nothing the second time', () => {
    const sizes = fc.constantFrom(0, 1, 900, 20_000, 70_000, 140_000, 300_000);
    const text = fc
      .tuple(sizes, fc.constantFrom('a', '"', '\\', 'é', '🦩', '\u007f', '\ud800'))
      .map(([size, character]) => character.repeat(size));
    const value = fc.oneof(
      text,
      fc.jsonValue(),
      fc.array(text, { maxLength: 2 }),
      fc.record({ id: text, ip_address: text }),
    );
    const party = fc.record({
      id: text.filter(id => id !== ''),
      type: fc.constant('t'),
      name: value,
      more: value,
    });
    const event = fc.record(
      { payload: value, metadata: value, request: value, target: party, actor: party },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(event, change => {
        const once = repaired(eventText(change));
        expect(repaired(once.text)).toEqual({ text: once.text, codes: [] });
        expect(Buffer.byteLength(once.text)).toBeLessThanOrEqual(maxEventBytes);
      }),
      { numRuns: 60 },
    );
  });
});

describe('an event', () => {
  /** An event of so many bytes, whose payload is a string of `é`. */
  const ofBytes = (bytes: number): string => {
    const empty = eventText({ payload: { x: '' } });
    const letters = 'é'.repeat((bytes - empty.length) >> 1) + (empty.length % 2 === bytes % 2 ? '' : 'a');
    return empty.replace('"x":""', `"x":"${letters}"`);
  };

  it('of 256 KiB is whole, and one of a byte more is truncated', () => {
    expect(Buffer.byteLength(ofBytes(maxEventBytes))).toBe(maxEventBytes);
    expect(accepted(ofBytes(maxEventBytes))).toMatchObject({ warnings: [], isPayloadTruncated: false });
    expect(warned(ofBytes(maxEventBytes + 1))).toEqual([['truncated', '/payload', undefined]]);
  });

  it('is measured without the whitespace between its tokens', () => {
    const text = ofBytes(maxEventBytes).replaceAll('":', '" : ');
    expect(accepted(text).warnings).toEqual([]);
  });

  it.each(fields)('that is too large by its %s keeps size, SHA-256 and the first 16 KiB of that', field => {
    const large = `{"id":"x","type":"t","name":"N","z":"${'é"'.replace('"', '\\"').repeat(100_000)}","n":1.0}`;
    const event = accepted(withTokens({ [field]: large }));
    const sent = field === 'metadata' ? large.replace('"n":1.0', '"n":"1.0"') : large;
    const head = Buffer.from(sent)
      .subarray(0, keptHeadBytes)
      .toString()
      .replace(/\ufffd$/, '');
    const truncated = { bytes: Buffer.byteLength(sent), sha256: sha256(sent), head };
    const remains =
      field === 'payload' || field === 'metadata'
        ? {}
        : field === 'request'
          ? { id: 'x' }
          : { id: 'x', type: 't', name: 'N' };
    expect(event[field]).toBe(JSON.stringify({ ...remains, truncated }));
    expect(event.warnings.at(-1)).toMatchObject({ code: 'truncated', path: `/${field}` });
    for (const other of fields) if (other !== field) expect(event[other]).toBe(accepted(eventText())[other]);
  });

  it('loses its fields in their order, and only until it fits', () => {
    const large = (bytes: number) => `{"id":"x","type":"t","z":"${'a'.repeat(bytes)}"}`;
    for (let count = 1; count <= fields.length; count++) {
      // So many of them are too large together without the last.
      const bytes = Math.ceil((maxEventBytes - (count - 1) * 16_500) / (fields.length - count + 1)) + 1000;
      const event = accepted(withTokens(Object.fromEntries(fields.map(field => [field, large(bytes)]))));
      const lost = fields.map(field => event[field]!.includes('"truncated":'));
      expect(lost, `${count}`).toEqual(fields.map((_, at) => at < count));
      expect(event.warnings).toMatchObject([{ code: 'truncated', path: '/payload' }]);
      expect(event.warnings[0]!.count).toBe(count === 1 ? undefined : count);
    }
  });

  it('does not lose a field that would not be smaller for it', () => {
    const small = '{"name":"deploy"}';
    const event = accepted(withTokens({ payload: small, request: `{"x":"${'a'.repeat(maxEventBytes)}"}` }));
    expect(event.payload).toBe(small);
    expect(warned(withTokens({ payload: small, request: `{"x":"${'a'.repeat(maxEventBytes)}"}` }))).toEqual([
      ['truncated', '/request', undefined],
    ]);
  });

  it.each([
    ['short', '"N\\u0061"', '"N\\u0061"'],
    ['long', JSON.stringify('é'.repeat(600)), JSON.stringify('é'.repeat(512))],
    [
      'long, cut at a whole character',
      JSON.stringify(`a${'🦩'.repeat(300)}`),
      JSON.stringify(`a${'🦩'.repeat(255)}`),
    ],
    ['no string', '{"a":[1.0]}', '{"a":[1.0]}'],
    [
      'no string and long',
      `[${'1,'.repeat(600)}1]`,
      JSON.stringify(`[${'1,'.repeat(600)}`.slice(0, keptNameBytes)),
    ],
  ])('keeps the first KiB of a name that is %s', (_, name, kept) => {
    const actor = `{"name":${name},"id":"x","type":"t","z":"${'a'.repeat(maxEventBytes)}"}`;
    expect(
      accepted(withTokens({ actor })).actor.startsWith(`{"name":${kept},"id":"x","type":"t","truncated":{`),
    ).toBe(true);
  });

  it('keeps an id that is too large even for that as its column has it', () => {
    const id = 'é\n'.repeat(500_000);
    const event = accepted(eventText({ actor: { id, type: 't' } }));
    const column = `sha256:${sha256(id)}`;
    expect(event.actorId).toBe(column);
    expect(JSON.parse(event.actor)).toMatchObject({
      id: column,
      type: 't',
      truncated: { sha256: sha256(JSON.stringify({ id, type: 't' })) },
    });
  });

  it.each([
    ['an escape of each character', '\\u0000'.repeat(650_000)],
    ['quotes', '\\"'.repeat(2_000_000)],
    ['backslashes', '\\\\'.repeat(2_000_000)],
    ['halves of pairs', '\\ud800'.repeat(650_000)],
    ['characters of four bytes', '🦩'.repeat(1_000_000)],
    ['DEL', '\u007f'.repeat(4_000_000)],
  ])('has a row below 900 KiB whatever field is full of %s', (_, content) => {
    const wide = `{"id":"${content}","type":"t","name":"${content.slice(0, 1200)}"}`;
    const texts = [
      ...fields.filter(field => field !== 'scope').map(field => withTokens({ [field]: wide })),
      withTokens({
        scope: wide.replace(/"id":"[^é]*","type"/, '"id":"s","type"').replace('"t"', `"t","z":"${content}"`),
      }),
      withTokens({ payload: `"${content}"` }),
      withTokens({ metadata: `["${content}"]` }),
      withTokens({ id: `"${content}"` }),
      withTokens(
        Object.fromEntries(
          fields.map(field => [field, `{"id":"x","type":"t","z":"${content.slice(0, 600_000)}"}`]),
        ),
      ),
    ];
    for (const text of texts) expect(Buffer.byteLength(rowOf(accepted(text)))).toBeLessThan(900 * 1024);
  });

  it.each(fields)('has a row below 900 KiB if its %s is nested as deeply as a request can hold', field => {
    const depth = 1_900_000;
    const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const text = withTokens({ [field]: `{"id":"x","type":"t","z":${deep}}` });
    const event = accepted(text);
    expect(Buffer.byteLength(rowOf(event))).toBeLessThan(900 * 1024);
    expect(event.warnings.map(({ code }) => code)).toContain('truncated');
  });

  it('is a row below 900 KiB, or refused, whatever it is made of', () => {
    const unit = fc.constantFrom('a', '\\"', '\\\\', '\\u0000', '\\ud800', '🦩', '\u007f', '\u2028', 'é');
    const text = fc
      .tuple(unit, fc.constantFrom(0, 1, 40, 257, 3000, 60_000, 200_000))
      .map(([character, count]) => `"${character.repeat(count)}"`);
    const token = fc.oneof(
      text,
      fc.constantFrom('null', '1e400', '-0', 'true', '{}', '[]', '{"a":1,"a":2}'),
      text.map(inner => `{"id":${inner},"type":"t","name":${inner},"id\\u0000":${inner}}`),
      text.map(inner => `[${inner},${inner}]`),
      fc.constantFrom(10, 200_000).map(depth => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
    );
    const names = [
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
    ];
    const event = fc.dictionary(fc.constantFrom(...names), token, { maxKeys: 5 });
    let taken = 0;
    fc.assert(
      fc.property(event, tokens => {
        const verdict = judge(withTokens(tokens));
        if ('code' in verdict) return;
        taken++;
        expect(Buffer.byteLength(rowOf(verdict))).toBeLessThan(900 * 1024);
      }),
      { numRuns: 60 },
    );
    expect(taken).toBeGreaterThan(5);
  });
});
