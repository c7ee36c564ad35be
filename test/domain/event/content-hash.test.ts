import { describe, expect, it } from 'vitest';
import { anId, contentOf, eventText } from '#test/support/builders.ts';

describe('content_sha256', () => {
  const hash = (change: Record<string, unknown>) => contentOf(eventText(change));

  it('is the same in another order of keys, with other escapes and spaces', () => {
    const others = eventText({ success: undefined, target: undefined }).slice(1);
    const target = '{"name":"depl\\u006fy","type":"context","id":"c-1"}';
    const text = `{ "success" : true, "target":${target}, ${others}`;
    expect(contentOf(text)).toBe(hash({}));
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

  it('takes id and time as they are stamped, so that what was not stored can be sent again with them', () => {
    const unstamped = eventText({ id: undefined, occurred_at: undefined });
    expect(contentOf(unstamped)).toBe(hash({}));
    expect(contentOf(unstamped, anId.replace('0', '1'))).not.toBe(hash({}));
  });

  it.each([
    ['a key twice', '{"b":1.0,"a":{"x":1,"x":1}}', '{"a":{"x":1,"x":1},"b":1.0}'],
    ['half a pair', '{"b":"\\u0061","a":"\\ud800"}', '{"b":"a","a":"\\ud800"}'],
    ['a number beyond a double', '{"b":1.0,"a":1e400}', '{"b":1,"a":1e400}'],
  ])('is another for other tokens of a field that has %s, and the same for other spaces', (_, one, other) => {
    const withPayload = (payload: string) =>
      contentOf(eventText({ payload: 0 }).replace('"payload":0', () => `"payload":${payload}`));
    expect(withPayload(one)).not.toBe(withPayload(other));
    expect(withPayload(one.replaceAll(/([:,])(?=["{\d])/g, '$1 \n'))).toBe(withPayload(one));
  });

  it('is the same for a field that is regular beside one that is not', () => {
    const irregular = (actor: string) =>
      contentOf(
        eventText({ payload: 0, actor: 0 })
          .replace('"payload":0', '"payload":{"a":1,"a":2}')
          .replace('"actor":0', `"actor":${actor}`),
      );
    expect(irregular('{"id":"u","type":"t","n":12345678901234567890123}')).toBe(
      irregular('{"type":"\\u0074","n":12345678901234567890123,"id":"u"}'),
    );
  });
});
