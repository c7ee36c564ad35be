/**
 * What was sent is what the log says: arbitrary events that are accepted go through receive, stream, archive
 * and ledger, and are read back by DuckDB, token for token, or as they were repaired.
 */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idColumn } from '#domain/event/id-column.ts';
import { isName } from '#domain/event/name.ts';
import { anId, eventText } from '#test/support/builders.ts';
import { startServer } from '#test/support/server.ts';

/** The tokens of a JSON text, one after another, by a reader that knows nothing of JSON but its tokens. */
const compact = (text: string): string =>
  text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs)!.join('');

const character = fc.constantFrom(
  ...['a', 'é', '🦩', '\u007f', '\u0085', '\u2028', '\u202e', '\ufeff', '\ufffd', '=', '@', ' '],
  ...[
    '\\"',
    '\\\\',
    '\\/',
    '\\n',
    '\\t',
    '\\u0000',
    '\\u0041',
    '\\u00e9',
    '\\ud800',
    '\\uDC00',
    '\\ud83E\\uDDA9',
  ],
);
const stringToken = (min = 0, max = 6): fc.Arbitrary<string> =>
  fc.array(character, { minLength: min, maxLength: max }).map(parts => `"${parts.join('')}"`);
const scalarToken = fc.oneof(
  stringToken(),
  fc.constantFrom('0', '-0', '1.10', '1E5', '-1e-400', '1e400', '12345678901234567890123', '9'.repeat(400)),
  fc.constantFrom('true', 'false', 'null'),
);
const space = fc.constantFrom('', '', ' ', '\t', '\r ');
const { value } = fc.letrec<{ value: string; array: string; object: string }>(tie => ({
  value: fc.oneof({ maxDepth: 4, withCrossShrink: true }, scalarToken, tie('array'), tie('object')),
  array: fc
    .tuple(fc.array(tie('value'), { maxLength: 3 }), space)
    .map(([items, s]) => `[${s}${items.join(`${s},`)}${s}]`),
  object: fc
    .tuple(fc.array(fc.tuple(stringToken(0, 2), tie('value')), { maxLength: 4 }), space)
    .map(
      ([members, s]) => `{${s}${members.map(([key, member]) => `${key}${s}:${s}${member}`).join(`,${s}`)}}`,
    ),
}));
const metadata = fc.array(fc.tuple(stringToken(0, 3), fc.oneof(stringToken(), value)), { maxLength: 3 });
const party = fc.record({ id: stringToken(1), name: fc.option(value), more: fc.option(value) });

type Party = { id: string; name: string | null; more: string | null };
const partyText = ({ id, name, more }: Party): string =>
  `{"id": ${id},${name === null ? '' : ` "name" :${name},`}"type":"t"${more === null ? '' : `,"more":${more}`}}`;
const isString = (token: string): boolean => token.startsWith('"');
const asObject = (text: string): string =>
  text.startsWith('{') ? compact(text) : `{"value":${compact(text)}}`;

const event = fc.record({
  actor: party,
  target: party,
  payload: fc.option(value),
  metadata: fc.option(metadata),
  request: fc.option(value),
  id: fc.constantFrom('uuid', 'text', 'integer'),
});
type Sent = typeof event extends fc.Arbitrary<infer T> ? T : never;

/** An event as text, by its number, and what the log is to say of it. */
const texts = ({ actor, target, payload, metadata, request, id }: Sent, n: number, scope: string) => {
  const ids = {
    uuid: `"00000000-0000-4000-8000-${String(n).padStart(12, '0')}"`,
    text: `"t-${n}"`,
    integer: String(n),
  };
  const pairs = metadata?.map(([key, token]) => `${key} :${token}`).join(',');
  const members = [
    `"action":"a.b"`,
    `"actor": ${partyText(actor)}`,
    `"target":${partyText(target)}`,
    ...(payload === null ? [] : [`"payload":${payload}`]),
    `"occurred_at":"2026-06-23T11:00:00.${String(n).padStart(9, '0')}z"`,
    ...(pairs === undefined ? [] : [`"metadata":{${pairs}}`]),
    `"id":${ids[id]}`,
    `"scope":{"type":"t","id":"${scope}"}`,
    `"success":true`,
    `"request":${request ?? 'null'}`,
  ];
  const text = (token: string): string => (isString(token) ? token : JSON.stringify(compact(token)));
  return {
    sent: `{ ${members.join(' ,')}}`,
    said: {
      actor: compact(partyText(actor)),
      target: compact(partyText(target)),
      payload: payload === null || payload === 'null' ? '{}' : asObject(payload),
      metadata: `{${(metadata ?? []).map(([key, token]) => `${key}:${text(token)}`).join()}}`,
      request: request === null || request === 'null' ? '' : asObject(request),
    },
  };
};

describe('promise 3: the CSV says exactly what was sent', () => {
  it('holds for whatever is accepted, token for token, or as it was repaired', {
    timeout: 300_000,
  }, async () => {
    const { call, exportLog } = await startServer();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 40, maxLength: 40 }), async sent => {
        const scope = `scope-${++run}`;
        const made = sent.map((one, n) => texts(one, n, scope));
        const response = await call('emitter', '/v1/events?stamp_request=false', {
          method: 'POST',
          headers: { 'content-type': 'application/x-ndjson' },
          body: made.map(one => one.sent).join('\n'),
        });
        const answer = (await response.json()) as {
          events: { index: number; id: string; warnings?: { code: string }[] }[];
          rejected: unknown[];
        };
        expect(answer.rejected).toEqual([]);
        const { rows, job } = await exportLog({ scope_id: scope });
        expect(rows).toHaveLength(sent.length);
        expect(job).toMatchObject({ duplicates: 0, gaps: 0 });
        const byId = new Map(rows.map(row => [row.id, row]));
        for (const { index, id, warnings = [] } of answer.events) {
          const { said } = made[index]!;
          expect(byId.get(id)).toMatchObject(said);
          const one = sent[index]!;
          const isWrapped = [one.payload, one.request].some(
            text => text !== null && text !== 'null' && !text.startsWith('{'),
          );
          expect(warnings.some(({ code }) => code === 'wrapped')).toBe(isWrapped);
        }
        // What an id is in its column is what a filter asks for.
        const actor = JSON.parse(sent[0]!.actor.id) as string;
        const same = sent.filter(one => (JSON.parse(one.actor.id) as string) === actor);
        const asked = actor.isWellFormed() ? actor : idColumn(actor);
        const filtered = await exportLog({ scope_id: scope, filter: { actor: asked } });
        expect(filtered.rows).toHaveLength(same.length);
      }),
      { numRuns: 3 },
    );
  });

  it('holds for events too large, too deep, or not UTF-8: the row says what was lost; the rest is read', async () => {
    const { call, exportLog } = await startServer();
    const base = (n: number, change: string) =>
      `{"action":"a.b","target":{"id":"2","type":"t"},"occurred_at":"2026-06-23T11:00:00Z","id":${n},` +
      `"scope":{"id":"acme","type":"t"},"success":true,"request":null,${change}}`;
    const deep = `${'['.repeat(300_000)}${']'.repeat(300_000)}`;
    const large = `{"text":"${'\\u0000é"'.replace('"', '\\"').repeat(40_000)}"}`;
    const actor = '"actor":{"id":"1","type":"t"}';
    const bodies = [
      Buffer.from(base(1, `${actor},"payload":${large}`)),
      Buffer.from(base(2, `${actor},"payload":${deep}`)),
      Buffer.from(base(3, `"actor":{"id":"${'x\\n'.repeat(300_000)}","type":"t"}`)),
      Buffer.from(base(4, `"actor":{"id":"1","type":"t","name":"a\u00ffb"}`), 'latin1'),
      Buffer.from(base(5, `${actor},"payload":{"n":1}`)),
    ];
    const response = await call('emitter', '/v1/events', {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: Buffer.concat(bodies.flatMap(body => [body, Buffer.from('\n')])),
    });
    const answer = (await response.json()) as {
      events: { id: string; sent_id: string; warnings?: { code: string }[] }[];
    };
    expect(response.status).toBe(202);
    expect(answer.events.map(({ warnings }) => warnings?.map(({ code }) => code))).toEqual([
      ['truncated'],
      ['wrapped', 'truncated'],
      ['truncated', 'not_a_name'],
      ['not_utf8'],
      undefined,
    ]);
    const { rows } = await exportLog();
    const row = (n: number) => rows.find(({ id }) => id === answer.events[n - 1]!.id)!;
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    expect(JSON.parse(row(1).payload)).toMatchObject({
      truncated: { bytes: Buffer.byteLength(large), sha256: sha256(large) },
    });
    expect(JSON.parse(row(2).payload)).toMatchObject({
      truncated: { sha256: sha256(`{"value":${deep}}`), head: `{"value":${'['.repeat(16_375)}` },
    });
    const id = 'x\n'.repeat(300_000);
    expect(JSON.parse(row(3).actor)).toMatchObject({ id: `sha256:${sha256(id)}`, type: 't' });
    expect(isName(idColumn(id))).toBe(true);
    expect(row(4).actor).toBe('{"id":"1","type":"t","name":"a\ufffdb"}');
    expect(row(5).payload).toBe('{"n":1}');
  });
});

describe("promise 7: who is logged can't keep an event out of the log", () => {
  const actor = (change: object) => ({ actor: { id: 'u-1', type: 'user', ...change } });
  const hostile: [string, Record<string, unknown> | string][] = [
    ['a name with a tab', actor({ name: 'a\tb' })],
    ['a name with a newline', actor({ name: 'a\nb' })],
    ['a name with U+0085', actor({ name: 'a\u0085b' })],
    ['a name of 257 characters', actor({ name: 'x'.repeat(257) })],
    ['a name of half an emoji', actor({ name: '\ud83e' })],
    ['an empty name', actor({ name: '' })],
    ['a name that is no text', actor({ name: { first: 'A' } })],
    ['a name that writes from right to left', actor({ name: '\u202egnp.exe' })],
    ['an id with a newline', actor({ id: 'a\nb' })],
    ['an id of four thousand characters', actor({ id: 'x'.repeat(4000) })],
    ['an id of half an emoji', actor({ id: '\udda9' })],
    ['a payload above 256 KiB', { payload: { user_agent: 'x'.repeat(300_000) } }],
    ['a payload against its schema', { payload: { name: 7 } }],
    ['a payload that is a list', { payload: [1] }],
    ['a key twice', eventText({ payload: 0 }).replace('"payload":0', '"payload":{"a":1,"a":2}')],
    ['a number of any size', eventText({ payload: 0 }).replace('"payload":0', '"payload":{"a":1e400}')],
    ['metadata of numbers', { metadata: { a: 1 } }],
    ['an address with a port', { request: { id: 'r', ip_address: '203.0.113.9:51234' } }],
    ['no address', { request: { id: 'r' } }],
    ['a request that is text', { request: 'GET /' }],
    ['a request of 300 KiB', { request: { id: 'r', user_agent: 'x'.repeat(300_000) } }],
  ];

  it.each([false, true])('whatever they are called, send or do, with strict %s', async isStrict => {
    const { post, exportLog } = await startServer({ catalogueMode: isStrict ? 'strict' : 'open' });
    const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
    const lines = hostile.map(([, change], n) =>
      (typeof change === 'string' ? change : eventText(change)).replace(anId, uuid(n)),
    );
    const answer = await post(lines.join('\n'), 'application/x-ndjson');
    expect(answer.rejected.map(({ index, code }) => [hostile[index!]![0], code])).toEqual([]);
    expect(answer.status).toBe(202);
    const { rows } = await exportLog();
    expect(rows.map(({ id }) => id).sort()).toEqual(hostile.map((_, n) => uuid(n)));
  });
});
