import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeEvent, nameOfLine } from '#client/event-line.ts';
import { runInRequest } from '#client/request-context.ts';
import { maxRequestBytes } from '#domain/receive/limits.ts';
import { anEvent } from '#test/support/audit-log-service.ts';

const now = (): string => '2026-01-01T00:00:00.000000000Z';
const encode = (event: unknown) => encodeEvent(event, now);
/** What the line says of a payload's member, as JSON text and as what it parses to. */
const said = (value: unknown) => {
  const { line, warnings, refusal } = encode({ ...anEvent(), payload: { value } });
  const { payload } = JSON.parse(line) as { payload: { value?: unknown } };
  expect(refusal).toBeUndefined();
  expect(JSON.parse(line)).toMatchObject({ action: 'context.create', success: true });
  return { line, value: payload.value, payload, warnings };
};

const circular: Record<string, unknown> = { a: 1 };
circular.self = circular;
const revoked = Proxy.revocable({}, {});
revoked.revoke();
class Money {
  readonly amount = 5;
  readonly #hidden = 1;
  get more(): number {
    return this.#hidden;
  }
}

describe('an event as it is sent', () => {
  it.each<[string, unknown, unknown]>([
    ['an error', new Error('boom'), { name: 'Error', message: 'boom' }],
    ['an error of a kind', new TypeError('boom'), { name: 'TypeError', message: 'boom' }],
    [
      'an error with its cause',
      new Error('boom', { cause: new RangeError('deep') }),
      { name: 'Error', message: 'boom', cause: { name: 'RangeError', message: 'deep' } },
    ],
    [
      'an error with a code',
      Object.assign(new Error('boom'), { code: 'E_X', status: 503 }),
      { name: 'Error', message: 'boom', code: 'E_X', status: 503 },
    ],
    [
      'errors in one',
      new AggregateError([new Error('a'), 'b'], 'both'),
      { name: 'AggregateError', message: 'both', errors: [{ name: 'Error', message: 'a' }, 'b'] },
    ],
    [
      'an error of the platform',
      new DOMException('gone', 'AbortError'),
      { name: 'AbortError', message: 'gone' },
    ],
    [
      'a map',
      new Map<unknown, unknown>([
        ['a', 1],
        [2, new Map([['b', [3]]])],
      ]),
      { a: 1, 2: { b: [3] } },
    ],
    ['a map whose keys are objects', new Map([[{ x: 1 }, 'y']]), { '{"x":1}': 'y' }],
    [
      'a map with two keys of one text',
      new Map<unknown, number>([
        ['1', 1],
        [1, 2],
      ]),
      { 1: 1, '1 (2)': 2 },
    ],
    ['a set', new Set(['a', new Set([1])]), ['a', [1]]],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['a date among what is not plain', new Set([new Date(0)]), ['1970-01-01T00:00:00.000Z']],
    ['bytes', Buffer.from('abc'), 'YWJj'],
    ['bytes of the platform', new Uint8Array([97, 98, 99]), 'YWJj'],
    ['a buffer', new Uint8Array([97, 98, 99]).buffer, 'YWJj'],
    ['numbers', new Float64Array([1.5, 2]), [1.5, 2]],
    ['a URL', new URL('https://example.com/x'), 'https://example.com/x'],
    ['an object of a class', new Money(), { amount: 5 }],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    ['what says itself what it is', { toJSON: () => new Set([1]) }, [1]],
    ['boxed values', [Object('x'), Object(1), Object(false)], ['x', 1, false]],
    ['half a pair', 'a\ud800', 'a\ud800'],
  ])('has %s as what it is, without a warning', (_, value, expected) => {
    const { value: found, warnings } = said(value);
    expect(found).toEqual(expected);
    expect(warnings).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['a bigint', 12345678901234567890n, '12345678901234567890'],
    ['a negative one', { n: -1n }, '{"n":-1}'],
    ['bigints in an array', new BigInt64Array([1n, -2n]), '[1,-2]'],
    ['a boxed one', Object(7n), '7'],
  ])('has %s as its digits', (_, value, expected) => {
    expect(said(value).line).toContain(`"payload":{"value":${expected}}`);
    expect(said(value).warnings).toEqual([]);
  });

  it.each<[string, unknown, unknown]>([
    ['NaN', Number.NaN, 'NaN'],
    ['an infinity', [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], ['Infinity', '-Infinity']],
    ['a function', function greet() {}, '[Function: greet]'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['an invalid date', new Date(Number.NaN), 'Invalid Date'],
    ['a circle', circular, { a: 1, self: '[Circular]' }],
    ['a pattern', /a+/g, '/a+/g'],
    ['a promise', Promise.resolve(1), '[object Promise]'],
    ['a weak map', new WeakMap(), '[object WeakMap]'],
    ['an integer without end', 1n << 1_000_000n, '[an integer]'],
    ['a proxy that is revoked', revoked.proxy, '[unreadable: TypeError]'],
    [
      'a getter that throws',
      {
        a: 1,
        get b(): never {
          throw new Error('s3cret');
        },
      },
      { a: 1, b: '[unreadable: Error]' },
    ],
    [
      'a getter that throws null',
      {
        get b(): never {
          throw null;
        },
      },
      { b: '[unreadable: null]' },
    ],
    [
      'a toJSON that throws',
      {
        toJSON() {
          throw new RangeError('s3cret');
        },
      },
      '[unreadable: RangeError]',
    ],
    [
      'a proxy that throws',
      new Proxy(
        {},
        {
          ownKeys() {
            throw new Error('s3cret');
          },
        },
      ),
      '[unreadable: Error]',
    ],
  ])('has %s as a text, with a warning of its place', (_, value, expected) => {
    const { value: found, warnings, line } = said(value);
    expect(found).toEqual(expected);
    expect(warnings).toMatchObject([{ code: 'not_json', path: expect.stringMatching(/^\/payload\/value/) }]);
    expect(line).not.toContain('s3cret');
  });

  it('warns once of a kind, of the first place, with how many there are', () => {
    const { warnings } = encode({
      ...anEvent(),
      payload: { 'a/b': [1, Number.NaN], c: () => 1 },
      metadata: { d: Symbol() },
    });
    expect(warnings).toMatchObject([{ code: 'not_json', path: '/payload/a~1b/1', count: 3 }]);
  });

  it('holds no stack of an error, and nothing that a client of HTTP hangs onto one', () => {
    const error = Object.assign(new Error('boom'), {
      config: { headers: { authorization: 's3cret' } },
      code: 'E',
    });
    const { value, warnings, line } = said(error);
    expect(value).toEqual({ name: 'Error', message: 'boom', code: 'E' });
    expect(warnings).toMatchObject([{ code: 'left_out', path: '/payload/value/config' }]);
    expect(line).not.toContain('s3cret');
    expect(line).not.toContain('event-line.test');
  });

  it('leaves members out that are undefined, among plain data and else', () => {
    expect(said(undefined).payload).toEqual({});
    expect(said({ a: undefined, b: 1n, c: undefined }).value).toEqual({ b: 1 });
    expect(said([undefined, 1n]).value).toEqual([null, 1]);
    expect(encode({ ...anEvent(), scope: undefined, payload: { n: 1n } }).line).not.toContain('scope');
  });

  it('is written by the general writer as JSON.stringify writes plain data', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const plain = encode({ ...anEvent(), payload: { value } }).line;
        const { line } = encode({ ...anEvent(), payload: { value }, metadata: { n: 1n } });
        expect(line.slice(50)).toBe(`${plain.slice(50, -1)},"metadata":{"n":1}}`);
      }),
    );
  });

  it('is JSON, and never throws, whatever it holds', () => {
    const anything = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      withNullPrototype: true,
      withObjectString: true,
    });
    fc.assert(
      fc.property(anything, value => {
        expect(JSON.parse(encode({ ...anEvent(), payload: value, metadata: value }).line)).toMatchObject(
          anEvent(),
        );
        expect(JSON.parse(encode(value).line)).toBeTypeOf('object');
      }),
    );
  });

  it('takes its id, its time and its request unchanged, in the same place whoever sets them', () => {
    const own = { id: 'a"b', occurred_at: new Date(0), request: { id: 'r' } };
    const expected = '{"id":"a\\"b","occurred_at":"1970-01-01T00:00:00.000Z","request":{"id":"r"},"action"';
    for (const payload of [{ n: 1 }, { n: 1n }]) {
      const { line, id, occurred_at } = encode({ ...anEvent(), ...own, payload });
      expect(line.slice(0, expected.length)).toBe(expected);
      expect({ id, occurred_at }).toEqual({ id: 'a"b', occurred_at: '1970-01-01T00:00:00.000Z' });
      expect(nameOfLine(line)).toBe('"a\\"b"');
    }
    const nulls = encode({ ...anEvent(), id: null, occurred_at: null });
    expect(JSON.parse(nulls.line)).toMatchObject({ id: nulls.id, occurred_at: now(), request: null });
  });

  it('has the request that is being served, also one that is not plain', () => {
    const request = { id: 'r', at: new Set([1n]) };
    const { line } = runInRequest(request as never, () => encode(anEvent()));
    expect(line).toContain('"request":{"id":"r","at":[1]}');
  });
});

describe('an event that cannot be sent', () => {
  it.each(['action', 'actor', 'target', 'success', 'scope', 'version', 'id', 'occurred_at'])(
    'is refused if its %s cannot be read, with a line of the rest',
    member => {
      const event = Object.defineProperty({ ...anEvent() }, member, {
        enumerable: true,
        get() {
          throw null;
        },
      });
      const { refusal, line } = encode(event);
      expect(refusal).toMatchObject({ code: 'not_serializable', path: `/${member}` });
      expect(JSON.parse(line)).toMatchObject({ request: null });
    },
  );

  it('is refused if it cannot be read at all', () => {
    expect(encode(revoked.proxy)).toMatchObject({ refusal: { code: 'not_serializable', path: '' } });
  });

  it.each<[string, () => unknown]>([
    ['a text', () => 'é'.repeat(2 ** 21)],
    ['a text in a set', () => new Set(['x'.repeat(2 * maxRequestBytes)])],
    ['bytes', () => Buffer.alloc(2 * maxRequestBytes)],
    ['a list of nothing', () => new Array(2 ** 31)],
  ])(
    'is shortened to what a request can hold, and to more than the service stores, if it is larger: %s',
    (_, make) => {
      const { refusal, line, warnings } = encode({ ...anEvent(), payload: { value: make() } });
      expect(refusal).toBeUndefined();
      expect(JSON.parse(line)).toMatchObject(anEvent());
      expect(warnings.map(({ code }) => code)).toContain('left_out');
      expect(Buffer.byteLength(line)).toBeGreaterThan(256 * 1024);
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(maxRequestBytes);
    },
  );

  it('is sent with as many values as one may have, if they are written out without an end', () => {
    const { refusal, line, warnings } = encode({ ...anEvent(), payload: { value: twice(40, 1) } });
    expect(refusal).toBeUndefined();
    expect(warnings).toMatchObject([{ code: 'left_out' }]);
    expect(JSON.parse(line)).toMatchObject(anEvent());
  });

  it('is shortened in the text that the logged user wrote: their name', () => {
    const name = '\u0000'.repeat(maxRequestBytes);
    const { refusal, line } = encode({ ...anEvent(), actor: { name, id: 'u-1', type: 'user' } });
    expect(refusal).toBeUndefined();
    expect(JSON.parse(line)).toMatchObject({ actor: { id: 'u-1', type: 'user' }, success: true });
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(maxRequestBytes);
  });

  it('is refused if its structure is larger, with what could be made of it', () => {
    const actor = { id: 'x'.repeat(2 * maxRequestBytes), type: 'user' };
    const { refusal, line } = encode({ ...anEvent(), actor });
    expect(refusal).toMatchObject({ code: 'event_too_large' });
    expect(JSON.parse(line)).toMatchObject({ action: 'context.create' });
  });
});

/** 2 to the power of `depth` objects, if they are written out. */
const twice = (depth: number, innermost: unknown): unknown =>
  Array.from({ length: depth }).reduce(inner => [inner, inner], innermost);

describe('an event without an end', () => {
  it.each<[string, () => unknown]>([
    ['a list of nothing in a set', () => new Set([new Array(2 ** 31)])],
    ['what stands twice in what stands twice, and so on', () => twice(40, 1n)],
    [
      'a map that grows as it is read',
      () => {
        const map = new Map<unknown, unknown>([[0, 0]]);
        const grow = (n: number) => ({ toJSON: () => void map.set(n, grow(n + 1)) });
        return map.set(1, grow(2));
      },
    ],
    [
      'a proxy that is as wide as it is deep',
      () => {
        const endless: object = new Proxy(
          {},
          {
            ownKeys: () => ['a', 'b', 'c'],
            getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
            get: (_, key) => (['a', 'b', 'c'].includes(key as string) ? new Proxy(endless, {}) : undefined),
          },
        );
        return endless;
      },
    ],
  ])('is cut after many values, and sent: %s', (_, make) => {
    const { refusal, line, warnings } = encode({ payload: { value: make() }, ...anEvent() });
    expect(refusal).toBeUndefined();
    expect(JSON.parse(line)).toMatchObject(anEvent());
    expect(warnings).toContainEqual(expect.objectContaining({ code: 'left_out' }));
  });

  it.each<[string, () => unknown]>([
    ['plain', () => Array.from({ length: 20_000 }).reduce<unknown>(inner => [inner], 1)],
    ['else', () => Array.from({ length: 20_000 }).reduce<unknown>(inner => new Set([inner]), 1)],
    [
      'made as it is read',
      () => {
        const deeper = (): unknown => ({ toJSON: () => ({ deeper: deeper() }) });
        return deeper();
      },
    ],
  ])('is cut below many levels, and sent: %s', (_, make) => {
    const { refusal, warnings } = encode({ ...anEvent(), payload: { value: make() } });
    expect(refusal).toBeUndefined();
    expect(warnings).toMatchObject([
      { code: 'left_out', path: expect.stringMatching(/^\/payload\/value\/.{200}/) },
    ]);
  });
});
