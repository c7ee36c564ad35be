import { describe, expect, it } from 'vitest';
import { knownPathsOf } from '#web/log/known-paths.ts';

const known = (...events: string[]): Record<string, Record<string, number>> =>
  Object.fromEntries([...knownPathsOf(events)].map(([field, values]) => [field, Object.fromEntries(values)]));

describe('the paths of some events', () => {
  it('are those of their scalars, with how many events have each value', () => {
    expect(
      known(
        '{"payload":{"a":{"b c":"x"},"n":1.0,"tags":["p","q","p",{"t":true}]},"metadata":{"request.id":"r"}}',
        '{"payload":{"a":{"b c":"x\\n"},"n":1.0,"o":{}},"metadata":{},"actor":{"id":"u"}}',
      ),
    ).toEqual({
      'payload.a."b c"': { x: 1, 'x\n': 1 },
      'payload.n': { '1.0': 2 },
      'payload.tags': { p: 1, q: 1 },
      'payload.tags.t': { true: 1 },
      'metadata.request.id': { r: 1 },
    });
  });

  it('are none of a payload that is shown as text', () => {
    expect(known('{"payload":"{\\"a\\":1,\\"a\\":2}","metadata":{}}')).toEqual({});
  });

  it('are bounded in number, depth and length of values', () => {
    const wide = `{${Array.from({ length: 1000 }, (_, n) => `"k${n}":${n}`).join()}}`;
    expect(Object.keys(known(`{"payload":${wide}}`))).toHaveLength(200);
    const values = Array.from({ length: 1000 }, (_, n) => n).join();
    expect(Object.keys(known(`{"payload":{"a":[${values}]}}`)['payload.a']!)).toHaveLength(100);
    expect(known(`{"payload":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`)).toEqual({});
    expect(known(`{"payload":{"a":${'['.repeat(10_000)}1${']'.repeat(10_000)}}}`)).toEqual({});
    expect(known(`{"payload":{"a":"${'x'.repeat(300)}"}}`)).toEqual({});
  });
});
