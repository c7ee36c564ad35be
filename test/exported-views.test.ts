/** The export of a view holds exactly the events that browse shows for the same filter and the same `complete_to`. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printTerm, type Term } from '#domain/filter/term.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { eventObject } from '#test/support/builders.ts';
import { startServer } from '#test/support/server.ts';

const uuid = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
const texts = [
  '',
  'a',
  "o'neil",
  'ab, c',
  '-x',
  'u*',
  'a..b',
  '😀',
  'e\u0301',
  'İ',
  'ß',
  'a\nb',
  '%_',
  'A',
] as const;
const requests = [
  null,
  '{}',
  '{"id":"r","ip_address":"192.0.2.7","client_trace_id":"t"}',
  '{"id":"r2","ip_address":"::ffff:192.0.2.8"}',
  String.raw`{"ip_\u0061ddress":"2001:DB8::1","id":"İ"}`,
  '{"ip_address":"unknown"}',
] as const;
const actions = ['user.login', 'user.logout', 'order.refund'] as const;

const event = fc.record({
  n: fc.integer({ min: 0, max: 15 }),
  action: fc.constantFrom(...actions),
  actor: fc.constantFrom(...texts.slice(1)),
  target: fc.constantFrom(...texts.slice(1)),
  success: fc.boolean(),
  request: fc.constantFrom(...requests),
  // As JSON: escapes that the search must read, and letters that two languages lower differently.
  says: fc.constantFrom('"plain"', String.raw`"\u0050lain"`, '"İSTANBUL"', '"ΣΑΣ"', '"a\\"b"', '"x\\ny"'),
  // What is at paths: numbers of which doubles know less, arrays, keys twice, escaped or with dots.
  more: fc.constantFrom(
    '"n":12',
    '"n":1.20e1,"n":"x"',
    '"n":9007199254740993',
    '"n":[1,[{"n":12}]]',
    '"a":{"b":"main"}',
    '"a":[{"b":"dev"},{"b":null}]',
    String.raw`"a.b":"main","\u0061":{"b":"m\u0061in"}`,
    '"n":{}',
  ),
  metadata: fc.constantFrom('{}', '{"request.id":"r-1"}', '{"request.id":"","region":"eu"}'),
});
type Given = typeof event extends fc.Arbitrary<infer T> ? T : never;

/** Some ids come again, with the same time and other contents: copies, of which the first counts. */
const textOf = ({ n, action, actor, target, success, request, says, more, metadata }: Given): string => {
  const members = eventObject({
    action,
    id: uuid(n),
    occurred_at: `2026-06-23T1${n % 10}:00:00Z`,
    actor: { id: actor, type: 'user' },
    target: { id: target, type: 'thing' },
    success,
    payload: 'payload',
    metadata: 'metadata',
    ...(request === null ? {} : { request: 'request' }),
  });
  return JSON.stringify(members)
    .replace('"payload":"payload"', () => `"payload":{"says":${says},${more}}`)
    .replace('"metadata":"metadata"', () => `"metadata":${metadata}`)
    .replace('"request":"request"', () => `"request":${request}`);
};

const termOf = (values: readonly string[]): fc.Arbitrary<Term> =>
  fc
    .tuple(
      fc.boolean(),
      fc.constantFrom(...values),
      fc.constantFrom(...values),
      fc.constantFrom('value', 'prefix', 'range'),
    )
    .map(([isNegated, value, to, kind]) =>
      kind === 'range'
        ? { isNegated, kind, from: value === '' ? undefined : value, to }
        : { isNegated, kind: kind as 'value' | 'prefix', value },
    );
const termsOf = (values: readonly string[]) =>
  fc.array(termOf(values).map(printTerm), { minLength: 1, maxLength: 3 });
const members = {
  action: fc.array(fc.constantFrom('user.*', '-user.login', 'order.refund', 'a..p', '-*'), {
    minLength: 1,
    maxLength: 2,
  }),
  actor: termsOf(texts),
  target: termsOf(texts),
  success: fc.constantFrom(['true'], ['-true'], ['true', 'false']),
  request_id: termsOf(['r', 'r2', 'İ']),
  client_trace_id: termsOf(['t']),
  address: fc.array(
    fc.constantFrom('192.0.2.7', '-192.0.2.7', '192.0.2.*', '2001:db8::1', '-*', '1..2', '::ffff:c000:208'),
    { minLength: 1, maxLength: 2 },
  ),
  id: fc.array(fc.constantFrom(uuid(1), `-${uuid(2)}`, '0*', `${uuid(3)}..`), {
    minLength: 1,
    maxLength: 2,
  }),
  payload: fc.array(
    fc.constantFrom(
      'n:12',
      '-n:12',
      'n:5..9007199254740992',
      'n:*',
      'n.n:12.0',
      'a.b:main',
      '-a.b:main',
      'a.b:m*',
      '-a.b:null',
      '"a.b":main',
      'says:"a\\"b"',
      '-says:plain..z',
    ),
    { minLength: 1, maxLength: 3 },
  ),
  metadata: fc.constantFrom(['request.id:r-1'], ['-"request.id":r-1'], ['region:*', 'request.id:""']),
  q: fc.constantFrom(
    'plain',
    'PLAIN',
    'İstanbul',
    'istanbul',
    'σας',
    'ΣΑΣ',
    'a"b',
    '1',
    'true',
    'login',
    '\n',
    'x\ny',
  ),
};
/** Of few members, since with many nothing would match. */
const filter: fc.Arbitrary<object> = fc
  .shuffledSubarray(Object.keys(members) as (keyof typeof members)[], { minLength: 1, maxLength: 2 })
  .chain(names =>
    fc.record(Object.fromEntries(names.map(name => [name, members[name] as fc.Arbitrary<unknown>]))),
  );

describe('the export of a view', () => {
  it('holds what browse shows for the same filter and complete_to, and nothing that came later', async () => {
    const { post, call, finished, download } = await startServer();
    const send = async (given: readonly Given[]): Promise<void> => {
      const { status } = await post(`[${given.map(textOf).join(',')}]`);
      expect(status).toBeLessThan(300);
    };
    const search = async (asked: object): Promise<Api<'Events'>> => {
      const body = JSON.stringify({ scope_id: 'acme', limit: 1000, ...asked });
      const response = await call('operator', '/v1/events/search', { method: 'POST', body });
      expect(response.status).toBe(200);
      return (await response.json()) as Api<'Events'>;
    };
    const seen: { filter: object; complete_to: string; ids: string[] }[] = [];
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 8 }), filter, async (given, asked) => {
        await send(given);
        const { events, complete_to, cursor } = await search(asked);
        expect(cursor).toBeNull();
        seen.push({ filter: asked, complete_to: complete_to!, ids: events.map(({ id }) => id).reverse() });
      }),
      { numRuns: 24 },
    );
    // By now each view has been left behind by events that came later, copies among them.
    const exports = seen.map(async ({ filter: asked, complete_to, ids }) => {
      const body = JSON.stringify({ scope_id: 'acme', filter: asked, complete_to, format: 'ndjson' });
      const answer = await call('operator', '/v1/exports', { method: 'POST', body });
      expect(answer.status).toBe(202);
      const { id } = (await answer.json()) as Api<'Export'>;
      const job = await finished(id, 'operator');
      expect(job).toMatchObject({ status: 'succeeded', complete_to, rows: ids.length });
      const lines = (await download(id, 'operator')).split('\n').slice(0, -1);
      expect(lines.map(line => (JSON.parse(line) as { id: string }).id)).toEqual(ids);
    });
    await Promise.all(exports);
    // Views that hold nothing would prove nothing.
    expect(seen.filter(({ ids }) => ids.length > 0).length).toBeGreaterThan(seen.length / 3);
  }, 120_000);

  it('is refused above what the log is complete to, which the answer says', async () => {
    const { post, call } = await startServer();
    const ask = async (complete_to: string, dry_run?: true) => {
      const body = JSON.stringify({ scope_id: 'acme', complete_to, dry_run });
      const response = await call('operator', '/v1/exports', { method: 'POST', body });
      return { ...((await response.json()) as Partial<Api<'Problem'>>), status: response.status };
    };
    expect(await ask('2026-06-23')).toMatchObject({ code: 'invalid_request', path: '/complete_to' });
    await post(JSON.stringify(eventObject()));
    const search = await call('operator', '/v1/events/search', {
      method: 'POST',
      body: '{"scope_id":"acme"}',
    });
    const { complete_to } = (await search.json()) as Api<'Events'>;
    expect((await ask(complete_to!)).status).toBe(202);
    expect((await ask(complete_to!, true)).status).toBe(200);
    expect(await ask('2999-01-01')).toMatchObject({
      status: 400,
      code: 'invalid_request',
      path: '/complete_to',
    });
    expect((await ask('2999-01-01')).detail).toMatch(/complete up to 2\d{3}-\d\d-\d\dT/);
  });
});
