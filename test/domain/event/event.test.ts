import { describe, expect, it } from 'vitest';
import { derivedId } from '#domain/derived-id.ts';
import { accepted, anId, eventObject, eventText, judge } from '#test/support/builders.ts';

const name256 = '🦩'.repeat(256);
/** The text of an event with one more member in one of its fields. */
const twice = (field: string, member: string): string =>
  eventText().replace(`"${field}":{`, `"${field}":{${member},`);

describe('an event', () => {
  it('has the eleven fields of the seed', () => {
    expect(
      accepted(
        eventText({
          metadata: { k: 'v' },
          version: 2,
          request: { id: 'r', ip_address: '127.0.0.1', client_trace_id: 't' },
        }),
      ),
    ).toMatchObject({
      action: 'context.create',
      actor: '{"id":"u-1","type":"user","name":"User 1"}',
      payload: '{"name":"deploy"}',
      occurredAt: '2026-06-23T11:00:00.000000000Z',
      metadata: '{"k":"v"}',
      id: anId,
      version: 2,
      success: true,
      scopeId: 'acme',
      actorId: 'u-1',
      targetId: 'c-1',
      requestId: 'r',
      clientTraceId: 't',
    });
  });

  it('needs only who did what to what, and whether it succeeded', () => {
    const event = accepted(
      '{"action":"a.b","actor":{"id":"1","type":"t"},"target":{"id":"2","type":"t"},"success":false}',
    );
    expect(event).toMatchObject({
      payload: '{}',
      metadata: '{}',
      version: 1,
      id: undefined,
      occurredAt: undefined,
      scope: undefined,
      request: undefined,
      success: false,
    });
  });

  it.each(['payload', 'metadata', 'version', 'scope', 'id'])('takes null for an absent %s', field => {
    expect(accepted(eventText({ [field]: null }))).toEqual(accepted(eventText({ [field]: undefined })));
  });

  it('distinguishes a null request from an absent one', () => {
    expect(accepted(eventText({ request: null })).request).toBeNull();
    expect(accepted(eventText()).request).toBeUndefined();
  });

  it('keeps other members of actor, target, scope and request, in their order', () => {
    const actor = '{"z":[1.10],"id":"u","type":"user","a":{"2":0,"1":0}}';
    expect(accepted(eventText().replace(/"actor":\{[^}]*\}/, `"actor":${actor}`)).actor).toBe(actor);
  });

  it('stores an id in lowercase', () => {
    expect(accepted(eventText({ id: anId.toUpperCase() })).id).toBe(anId);
  });

  it.each([
    ['not an object', '[1]', 'not_an_object', ''],
    ['not an object', '"text"', 'not_an_object', ''],
    ['no action', eventText({ action: undefined }), 'missing_member', '/action'],
    ['an action of one word', eventText({ action: 'create' }), 'invalid_action', '/action'],
    ['capitals in the action', eventText({ action: 'Context.create' }), 'invalid_action', '/action'],
    [
      'an action of 129 characters',
      eventText({ action: `a.${'b'.repeat(127)}` }),
      'invalid_action',
      '/action',
    ],
    ['an action with a newline', eventText({ action: 'a.b\n' }), 'invalid_action', '/action'],
    ['an action that is null', eventText({ action: null }), 'invalid_type', '/action'],
    [
      "an action of Annals' own",
      eventText({ action: 'audit_log.export.request' }),
      'reserved_action',
      '/action',
    ],
    ['no actor', eventText({ actor: undefined }), 'missing_member', '/actor'],
    ['an actor that is text', eventText({ actor: 'nobody' }), 'invalid_type', '/actor'],
    ['an actor without type', eventText({ actor: { id: 'x' } }), 'missing_member', '/actor/type'],
    ['an actor without id', eventText({ actor: { type: 'x' } }), 'missing_member', '/actor/id'],
    ['a numeric id', eventText({ target: { id: 7, type: 't' } }), 'invalid_type', '/target/id'],
    ['an id that is null', eventText({ actor: { id: null, type: 't' } }), 'invalid_type', '/actor/id'],
    ['an empty id', eventText({ target: { id: '', type: 't' } }), 'invalid_string', '/target/id'],
    ['a type with a tab', eventText({ actor: { id: 'x', type: 'a\tb' } }), 'invalid_string', '/actor/type'],
    [
      'a type of 257 characters',
      eventText({ target: { id: 'x', type: `${name256}x` } }),
      'invalid_string',
      '/target/type',
    ],
    [
      'half a pair in a type',
      eventText({ actor: { id: 'x', type: '\ud83e' } }),
      'invalid_string',
      '/actor/type',
    ],
    ['an id twice in the actor', twice('actor', '"id":"u-2"'), 'duplicate_key', '/actor/id'],
    ['a type twice in the target', twice('target', '"\\u0074ype":"t"'), 'duplicate_key', '/target/type'],
    ['an id twice in the scope', twice('scope', '"id":"acme"'), 'duplicate_key', '/scope/id'],
    ['a scope that is text', eventText({ scope: 'acme' }), 'invalid_type', '/scope'],
    ['a scope without id', eventText({ scope: { type: 't' } }), 'missing_member', '/scope/id'],
    ['a scope without type', eventText({ scope: { id: 'acme' } }), 'missing_member', '/scope/type'],
    [
      'an id of the scope that is no name',
      eventText({ scope: { id: 'ac\nme', type: 't' } }),
      'invalid_string',
      '/scope/id',
    ],
    ['no success', eventText({ success: undefined }), 'missing_member', '/success'],
    ['success as text', eventText({ success: 'true' }), 'invalid_type', '/success'],
    [
      'a time without seconds',
      eventText({ occurred_at: '2026-11-23T11:00Z' }),
      'invalid_timestamp',
      '/occurred_at',
    ],
    ['a time as a number', eventText({ occurred_at: 1 }), 'invalid_type', '/occurred_at'],
    [
      'a time too far ahead',
      eventText({ occurred_at: '2026-11-23T12:15:00.000000001Z' }),
      'occurred_in_future',
      '/occurred_at',
    ],
    ['an id without a time', eventText({ occurred_at: undefined }), 'occurred_at_required', '/occurred_at'],
    ['an empty id of its own', eventText({ id: '' }), 'invalid_id', '/id'],
    ['an id that is a fraction', eventText({ id: 1.5 }), 'invalid_id', '/id'],
    ['an id with an exponent', eventText({ id: 1 }).replace('"id":1,', '"id":1e3,'), 'invalid_id', '/id'],
    ['an id that is an object', eventText({ id: {} }), 'invalid_type', '/id'],
    [
      'an id that is made into a UUID, without a time',
      eventText({ id: 'x', occurred_at: undefined }),
      'occurred_at_required',
      '/occurred_at',
    ],
    ['version 0', eventText({ version: 0 }), 'invalid_version', '/version'],
    ['version 1.5', eventText({ version: 1.5 }), 'invalid_version', '/version'],
    ['version 2147483648', eventText({ version: 2147483648 }), 'invalid_version', '/version'],
    ['version as text', eventText({ version: '1' }), 'invalid_type', '/version'],
    ['an unknown member', eventText({ foo: 1 }), 'unknown_member', '/foo'],
    ['the same member twice', eventText().replace('{', '{"action":"a.b",'), 'duplicate_key', '/action'],
    ['a member twice, once null', eventText().replace('{', '{"payload":null,'), 'duplicate_key', '/payload'],
    ['a member twice, once escaped', eventText().replace('{', '{"\\u0069d":"x",'), 'duplicate_key', '/id'],
  ])('is refused with %s', (_, text, code, path) => {
    expect(judge(text)).toMatchObject({ code, path });
  });

  it.each([
    ['a tab in a name', { actor: { id: 'x', type: 't', name: 'a\tb' } }],
    ['a newline in a name', { target: { id: 'x', type: 't', name: 'a\nb' } }],
    ['U+0085 in a name', { scope: { id: 'x', type: 't', name: 'a\u0085b' } }],
    ['a name of 257 characters', { actor: { id: 'x', type: 't', name: `${name256}x` } }],
    ['a name of half an emoji', { actor: { id: 'x', type: 't', name: 'a\ud83e' } }],
    ['an empty name', { actor: { id: 'x', type: 't', name: '' } }],
    ['a name that is a number', { actor: { id: 'x', type: 't', name: 7 } }],
    ['half a pair in the payload', { payload: { a: '\ud800', '\udc00': 1 } }],
    ['no id in the request', { request: { ip_address: '1.2.3.4' } }],
    ['no address in the request', { request: { id: 'r' } }],
    ['an empty request', { request: {} }],
  ])('is taken with %s, which is kept as sent, and there is nothing to warn of', (_, change) => {
    const event = accepted(eventText(change));
    const [field] = Object.keys(change) as ['actor' | 'target' | 'scope' | 'payload' | 'request'];
    expect(event[field]).toBe(JSON.stringify(change[field as keyof typeof change]));
    expect(event.warnings).toEqual([]);
  });

  it.each([
    '{"a":1,"a":2}',
    '{"a":{"b":1,"\\u0062":[]}}',
    '{"a":1e400,"b":-1e99999,"c":12345678901234567890123}',
    `{"a":${'9'.repeat(400)}}`,
    '{"a":"\\ud800","\\uDC00":"\\ude00\\ud83e"}',
  ])('is taken with the payload %s, token for token', payload => {
    const text = eventText({ payload: 0 }).replace('"payload":0', () => `"payload": ${payload}`);
    expect(accepted(text)).toMatchObject({ payload, warnings: [] });
  });

  it('may have every other key twice in its actor, target, scope and request', () => {
    for (const field of ['actor', 'target', 'scope'])
      expect(accepted(twice(field, '"name":"first"'))).toHaveProperty(
        field,
        expect.stringContaining('first'),
      );
    const request = '{"id":"r","id":"s","x":1,"x":2,"ip_address":"1.2.3.4"}';
    const event = accepted(eventText({ request: 0 }).replace('"request":0', `"request":${request}`));
    expect(event).toMatchObject({ request, requestId: undefined });
    expect(event.warnings).toMatchObject([{ code: 'not_a_name', path: '/request/id' }]);
  });

  describe('with an id that is not a UUID', () => {
    it('keeps it as sent, and has an id that is derived from it and the action alone', () => {
      const event = accepted(eventText({ id: '01JD-Ulid' }));
      expect(event).toMatchObject({
        id: derivedId('id', 'context.create', '01JD-Ulid'),
        sentId: '01JD-Ulid',
      });
      expect(
        accepted(eventText({ id: '01JD-Ulid', actor: { id: 'x', type: 't' }, scope: undefined })).id,
      ).toBe(event.id);
      expect(accepted(eventText({ id: '01jd-ulid' })).id).not.toBe(event.id);
      expect(accepted(eventText({ id: '01JD-Ulid', action: 'a.b' })).id).not.toBe(event.id);
      expect(event.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    });

    it.each(['5', '0', '-0', '-12', '12345678901234567890123'])(
      'takes the integer %s by its token',
      token => {
        const text = eventText({ id: 1 }).replace('"id":1,', `"id":${token},`);
        expect(accepted(text)).toMatchObject({ sentId: token, id: derivedId('id', 'context.create', token) });
      },
    );

    it('takes any other text; one that is not a name as its SHA-256', () => {
      expect(accepted(eventText({ id: anId.slice(1) })).sentId).toBe(anId.slice(1));
      const event = accepted(eventText({ id: 'a\n\ud800' }));
      expect(event.sentId).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(event.warnings).toMatchObject([{ code: 'not_a_name', path: '/id' }]);
      expect(accepted(eventText({ id: 'a\n\ud801' })).id).not.toBe(event.id);
    });

    it('has no such id beside a UUID, of any case', () => {
      expect(accepted(eventText({ id: anId.toUpperCase() }))).toMatchObject({ id: anId, sentId: undefined });
    });
  });

  it.each([
    [{ id: 'r', ip_address: '203.0.113.9:51234' }, [['not_an_address', '/request/ip_address']]],
    [{ id: 'r', ip_address: 7 }, [['not_an_address', '/request/ip_address']]],
    [{ id: 'r\n', client_trace_id: '' }, [['not_a_name', '/request/id']]],
    [{ id: 5, ip_address: null, client_trace_id: null }, [['not_a_name', '/request/id']]],
  ])('is taken with the request %j, and says what of it cannot be used', (request, warnings) => {
    const event = accepted(eventText({ request }));
    expect(event.request).toBe(JSON.stringify(request));
    expect(event.warnings.map(({ code, path }) => [code, path])).toEqual(warnings);
    expect(event).toMatchObject({
      requestId: request.id === 'r' ? 'r' : undefined,
      clientTraceId: undefined,
    });
  });

  it.each(['2017-12-21t13:50:54.474z', '2017-12-21T13:50:54.474z', '2017-12-21t14:50:54.474+01:00'])(
    'takes the time %s, as RFC 3339 has it',
    occurred_at => {
      expect(accepted(eventText({ occurred_at })).occurredAt).toBe('2017-12-21T13:50:54.474000000Z');
    },
  );

  it('is taken at the very limits', () => {
    accepted(eventText({ action: `a.${'b'.repeat(126)}` }));
    expect(accepted(eventText({ actor: { id: name256, type: name256, name: null } })).actorId).toBe(name256);
    accepted(eventText({ version: 2147483647 }));
    accepted(eventText({ occurred_at: '2026-11-23T12:15:00Z' }));
  });

  it.each([
    ['occuredAt', 'occurred_at'],
    ['meta_data', 'metadata'],
    ['targets', 'target'],
  ])('names the near miss of %s', (key, hint) => {
    expect(judge(eventText({ [key]: 1 }))).toMatchObject({
      code: 'unknown_member',
      message: expect.stringContaining(`did you mean "${hint}"?`),
    });
  });

  it('names no near miss if no name is near', () => {
    expect(judge(eventText({ banana: 1 }))).toMatchObject({
      message: expect.not.stringContaining('did you mean'),
    });
  });

  it('never repeats its content in a refusal or a warning', () => {
    for (const [key, value] of Object.entries(eventObject())) {
      if (typeof value !== 'object') continue;
      const verdict = judge(eventText({ [key]: 's3cret' }));
      expect(JSON.stringify('code' in verdict ? verdict : verdict.warnings)).not.toContain('s3cret');
    }
  });

  it("may have an action of Annals' own if Annals itself records it", () => {
    expect(judge(eventText({ action: 'audit_log.export.request' }), true)).toMatchObject({
      action: 'audit_log.export.request',
    });
  });
});
