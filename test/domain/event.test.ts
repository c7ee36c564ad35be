import { describe, expect, it } from 'vitest';
import { accepted, anId, eventObject, eventText, judge } from '../builders.ts';

const name256 = '🦩'.repeat(256);

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

  it('needs no more than who did what to what, and whether it succeeded', () => {
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

  it('tells a request that is null from one that is absent', () => {
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
    ['a numeric id', eventText({ target: { id: 7, type: 't' } }), 'invalid_type', '/target/id'],
    ['an empty id', eventText({ target: { id: '', type: 't' } }), 'invalid_string', '/target/id'],
    [
      'a control character in a name',
      eventText({ actor: { id: 'x', type: 't', name: 'a\u0000' } }),
      'invalid_string',
      '/actor/name',
    ],
    [
      'a name of 257 characters',
      eventText({ actor: { id: 'x', type: 't', name: `${name256}x` } }),
      'invalid_string',
      '/actor/name',
    ],
    ['a scope without id', eventText({ scope: { type: 't' } }), 'missing_member', '/scope/id'],
    ['no success', eventText({ success: undefined }), 'missing_member', '/success'],
    ['success as text', eventText({ success: 'true' }), 'invalid_type', '/success'],
    ['a payload that is a list', eventText({ payload: [] }), 'invalid_type', '/payload'],
    ['metadata of a number', eventText({ metadata: { 'a/b': 1 } }), 'invalid_type', '/metadata/a~1b'],
    ['metadata of an object', eventText({ metadata: { a: {} } }), 'invalid_type', '/metadata/a'],
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
    ['an id that is no UUID', eventText({ id: 'x' }), 'invalid_id', '/id'],
    ['version 0', eventText({ version: 0 }), 'invalid_version', '/version'],
    ['version 1.5', eventText({ version: 1.5 }), 'invalid_version', '/version'],
    ['version 2147483648', eventText({ version: 2147483648 }), 'invalid_version', '/version'],
    ['version as text', eventText({ version: '1' }), 'invalid_type', '/version'],
    [
      'a request without id',
      eventText({ request: { ip_address: '1.2.3.4' } }),
      'missing_member',
      '/request/id',
    ],
    [
      'a request without address',
      eventText({ request: { id: 'r' } }),
      'missing_member',
      '/request/ip_address',
    ],
    [
      'an address that is none',
      eventText({ request: { id: 'r', ip_address: '1.2.3' } }),
      'invalid_ip_address',
      '/request/ip_address',
    ],
    ['an unknown member', eventText({ foo: 1 }), 'unknown_member', '/foo'],
    ['the same member twice', eventText().replace('{', '{"action":"a.b",'), 'duplicate_key', '/action'],
  ])('is refused with %s', (_, text, code, path) => {
    expect(judge(text)).toMatchObject({ code, path });
  });

  it('is taken at the very limits', () => {
    accepted(eventText({ action: `a.${'b'.repeat(126)}` }));
    accepted(eventText({ actor: { id: name256, type: 't', name: null } }));
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

  it('names no near miss of what is near nothing', () => {
    expect(judge(eventText({ banana: 1 }))).toMatchObject({
      message: expect.not.stringContaining('did you mean'),
    });
  });

  it('never repeats its content in a refusal', () => {
    for (const [key, value] of Object.entries(eventObject())) {
      if (typeof value !== 'object') continue;
      const verdict = judge(eventText({ [key]: 's3cret' }));
      expect(JSON.stringify(verdict)).not.toContain('s3cret');
    }
  });

  it("may bear an action of Annals' own where Annals itself records it", () => {
    expect(judge(eventText({ action: 'audit_log.export.request' }), true)).toMatchObject({
      action: 'audit_log.export.request',
    });
  });

  describe('compared by content_sha256', () => {
    const hash = (change: Record<string, unknown>) => accepted(eventText(change)).contentSha256;

    it('is the same in another order of keys, with other escapes and spaces', () => {
      const text = `{ "success" : true, "target":{"name":"depl\\u006fy","type":"context","id":"c-1"}, ${eventText({ success: undefined, target: undefined }).slice(1)}`;
      expect(accepted(text).contentSha256).toBe(hash({}));
    });

    it('is the same with a default spelled out', () => {
      expect(hash({ version: 1, metadata: {} })).toBe(hash({}));
      expect(hash({ occurred_at: '2026-06-23T12:00:00.000+01:00', id: anId.toUpperCase() })).toBe(hash({}));
    });

    it.each([
      { action: 'context.delete' },
      { actor: { id: 'u-1', type: 'user' } },
      { payload: { name: 'other' } },
      { metadata: { a: 'b' } },
      { version: 2 },
      { scope: undefined },
      { success: false },
      { request: null },
      { request: { id: 'r', ip_address: '127.0.0.1' } },
    ])('is another with %j', change => {
      expect(hash(change)).not.toBe(hash({}));
    });

    it('has the form that is on disk', () => {
      expect(hash({})).toBe('edfb2f028e6b64894826b933964c31c2dc5197a1faa6b45534fc6692ad34ec08');
    });
  });
});
