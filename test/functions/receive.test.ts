import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Stream } from '#aws/stream.ts';
import { installedCatalogue } from '#catalogue/bundled.ts';
import { parsePartitionKey } from '#domain/archive/bucket.ts';
import { decodePack } from '#domain/archive/pack.ts';
import type { Strictness } from '#domain/catalogue/catalogue.ts';
import type { Warning } from '#domain/event/warning.ts';
import type { MetricValues } from '#domain/metrics.ts';
import { receiverClock } from '#domain/receive/receiver-clock.ts';
import type { ReceiveEvent } from '#functions/http/delivery.ts';
import { receive } from '#functions/receive.ts';
import { anId, eventObject, eventText } from '#test/support/builders.ts';
import { quietBackoff } from '#test/support/world.ts';

const nowMs = Date.parse('2026-11-23T12:00:00Z');
const context = {
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:1:function:receive',
  awsRequestId: 'invocation-1',
};

/** receive over a stream that keeps what it takes; `refuse` says which buckets it does not take. */
const open = (
  refuse: (bucket: number) => boolean = () => false,
  strict: Partial<Strictness> = {},
  plainPackBytes?: number,
) => {
  const gzipped: boolean[] = [];
  const rows: Record<string, unknown>[] = [];
  const logged: unknown[] = [];
  const counted: MetricValues[] = [];
  const send = async ({ input }: { input: { Records: { Data: Uint8Array; PartitionKey: string }[] } }) => ({
    Records: input.Records.map(({ Data, PartitionKey }, i) => {
      if (refuse(parsePartitionKey(PartitionKey, 32)!))
        return { ErrorCode: 'ProvisionedThroughputExceededException' };
      gzipped.push(Data[0] === 0x1f);
      const pack = decodePack(Buffer.from(Data));
      if ('fault' in pack) throw new Error(pack.fault);
      rows.push(...pack.lines.map(line => JSON.parse(line.toString()) as Record<string, unknown>));
      return { SequenceNumber: String(i + 1), ShardId: 's' };
    }),
  });
  let ids = 0;
  const handle = receive({
    stream: new Stream(
      { send: send as never },
      { streamName: 's', buckets: 32, deadlineMs: 0, backoff: quietBackoff, nowMs: () => nowMs },
    ),
    buckets: 32,
    catalogue: installedCatalogue,
    strictness: { isStrict: false, isPayloadStrict: false, ...strict },
    nowMs: () => nowMs,
    clock: receiverClock(
      () => nowMs,
      () => 0,
    ),
    newId: () => `00000000-0000-7000-8000-${String(++ids).padStart(12, '0')}`,
    log: (...entry) => void logged.push(entry),
    metrics: values => void counted.push(values),
    ...(plainPackBytes === undefined ? {} : { plainPackBytes }),
  });
  const post = async (
    body: string | Buffer,
    change: Partial<ReceiveEvent> & { headers?: Record<string, string> } = {},
  ) => {
    const event: ReceiveEvent = {
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : body.toString('base64'),
      isBase64Encoded: typeof body !== 'string',
      requestContext: {
        requestId: 'req-1',
        http: { sourceIp: '::ffff:192.0.2.7' },
        authorizer: { iam: { userArn: 'arn:aws:sts::123456789012:assumed-role/shop/chosen-by-caller' } },
      },
      ...change,
    };
    const { statusCode, headers, body: answer } = await handle(event, context);
    return {
      status: statusCode,
      headers,
      ...(JSON.parse(answer) as {
        accepted: number;
        events: {
          index: number;
          id: string;
          sent_id?: string;
          occurred_at: string;
          received_at: string;
          warnings?: Warning[];
        }[];
        warnings_left_out?: number;
        rejected: { index: number; code: string; path: string; message: string }[];
        not_stored?: unknown[];
        code?: string;
      }),
    };
  };
  return { post, rows, gzipped, logged, counted, handle };
};

describe('receive', () => {
  it('accepts an event and returns what it stamped', async () => {
    const { post, rows } = open();
    const answer = await post(eventText({ id: undefined, occurred_at: undefined }));
    expect(answer).toMatchObject({ status: 202, accepted: 1, rejected: [] });
    const [event] = answer.events;
    expect(event).toEqual({
      index: 0,
      id: '00000000-0000-7000-8000-000000000001',
      occurred_at: event!.received_at,
      received_at: '2026-11-23T12:00:00.000000000Z',
    });
    expect(rows).toMatchObject([
      {
        id: event!.id,
        received_from: 'arn:aws:iam::123456789012:role/shop',
        received_request_id: 'req-1',
        received_address: '192.0.2.7',
        request: '{"id":"req-1","ip_address":"192.0.2.7"}',
        request_id: 'req-1',
      },
    ]);
  });

  it('gzips small packs only if nothing else is asked for', async () => {
    const text = eventText({ metadata: { text: 'x'.repeat(5000) } });
    for (const [plainBytes, expected] of [
      [undefined, true],
      [16_384, false],
    ] as const) {
      const { post, gzipped, rows } = open(undefined, {}, plainBytes);
      expect(await post(text)).toMatchObject({ status: 202, accepted: 1 });
      expect(gzipped).toEqual([expected]);
      expect(rows).toHaveLength(1);
    }
  });

  it('takes an event that is not catalogued, and says so in the answer and in a metric', async () => {
    const { post, counted } = open();
    const answer = await post(
      `[${eventText()},${eventText({ action: 'order.refund' })},${eventText({ version: 7 })}]`,
    );
    expect(answer).toMatchObject({ status: 202, accepted: 3 });
    expect(answer.events.map(event => 'catalogued' in event && event.catalogued)).toEqual([
      false,
      false,
      false,
    ]);
    expect(answer.events.map(event => 'catalogued' in event)).toEqual([false, true, true]);
    expect(counted).toEqual([
      { AcceptedEvents: 3, RejectedEvents: 0, UncataloguedEvents: 2, MismatchedPayloads: 0 },
    ]);
  });

  it('stores a payload that contradicts its schema, in strict too, and warns of it with the place', async () => {
    for (const isStrict of [false, true]) {
      const { post, rows, counted } = open(undefined, { isStrict });
      const answer = await post(`[${eventText()},${eventText({ payload: { name: 7, groups: [] } })}]`);
      expect(answer).toMatchObject({ status: 202, accepted: 2 });
      expect(answer.events.map(({ warnings }) => warnings)).toEqual([
        undefined,
        [
          {
            code: 'payload_mismatch',
            path: '/payload/name',
            message: 'Expected a string, got a number, by the schema of context.create, version 1',
          },
        ],
      ]);
      expect(rows.map(({ warnings }) => warnings)).toEqual([undefined, 'payload_mismatch']);
      expect(counted).toMatchObject([{ AcceptedEvents: 2, MismatchedPayloads: 1 }]);
    }
  });

  it('refuses a payload that contradicts its schema if that is set, for tests and CI', async () => {
    const { post, rows } = open(undefined, { isPayloadStrict: true });
    const answer = await post(`[${eventText()},${eventText({ payload: { name: 7, groups: [] } })}]`);
    expect(answer).toMatchObject({ status: 207, accepted: 1 });
    expect(answer.rejected).toMatchObject([{ index: 1, code: 'invalid_payload', path: '/payload/name' }]);
    expect(rows).toHaveLength(1);
  });

  it('warns of an event without a scope, and refuses it if it is strict', async () => {
    const body = eventText({ scope: undefined });
    const first = open();
    const answer = await first.post(body);
    expect(answer).toMatchObject({
      status: 202,
      events: [{ warnings: [{ code: 'no_scope', path: '/scope' }] }],
    });
    expect(first.rows).toMatchObject([{ warnings: 'no_scope' }]);
    expect(await open(undefined, { isStrict: true }).post(body)).toMatchObject({
      status: 422,
      rejected: [{ code: 'missing_member', path: '/scope' }],
    });
  });

  it('reports the repairs of each event, once per code, and stores the codes in order', async () => {
    const { post, rows } = open();
    const answer = await post(
      eventText({
        actor: { id: 'a\n', type: 't' },
        metadata: { a: 1, b: 2 },
        request: { id: '', ip_address: '203.0.113.9:51234' },
        payload: 'x'.repeat(300_000),
      }),
    );
    expect(answer.status).toBe(202);
    expect(answer.events[0]!.warnings!.map(({ code, path, count }) => [code, path, count])).toEqual([
      ['wrapped', '/payload', undefined],
      ['metadata_as_text', '/metadata/a', 2],
      ['truncated', '/payload', undefined],
      ['not_a_name', '/actor/id', 2],
      ['not_an_address', '/request/ip_address', undefined],
    ]);
    expect(rows[0]!.warnings).toBe('wrapped,metadata_as_text,truncated,not_a_name,not_an_address');
  });

  it('cuts paths in its answer at 256 characters', async () => {
    const { post } = open();
    const key = `a${'🦩'.repeat(300)}`;
    const answer = await post(`[${eventText({ [key]: 1 })},${eventText({ metadata: { [key]: 1 } })}]`);
    expect(answer.rejected[0]!.path).toBe(`/${key}`.slice(0, 256));
    expect(answer.events[0]!.warnings![0]!.path).toBe(`/metadata/${key}`.slice(0, 255));
  });

  it('gives the id that was sent beside the one that it is made into, and stores both', async () => {
    const { post, rows } = open();
    const answer = await post(`[${eventText({ id: '01JD-Ulid' })},${eventText({ id: 17 })},${eventText()}]`);
    expect(answer.events.map(({ sent_id }) => sent_id)).toEqual(['01JD-Ulid', '17', undefined]);
    expect(rows.map(({ sent_id }) => sent_id)).toEqual(['01JD-Ulid', '17', undefined]);
    expect(rows.map(({ id }) => id)).toEqual(answer.events.map(({ id }) => id));
    expect(answer.events[0]!.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8/);
  });

  it('stamps no request if it is asked not to, on a CloudEvent neither', async () => {
    const { post, rows } = open();
    const cloudEvent = {
      ...{ specversion: '1.0', type: 'context.create', source: '/x', id: anId, time: '2026-06-23T11:00:00Z' },
      data: eventObject({ action: undefined, id: undefined, occurred_at: undefined }),
    };
    const headers = { 'content-type': 'application/cloudevents+json', 'x-client-trace-id': 't' };
    for (const stamp_request of ['false', 'true']) {
      const queryStringParameters = { stamp_request };
      await post(eventText(), { queryStringParameters });
      await post(JSON.stringify(cloudEvent), { queryStringParameters, headers });
    }
    expect(
      rows.map(({ request, request_id, client_trace_id }) => [request, request_id, client_trace_id]),
    ).toEqual([
      [undefined, undefined, undefined],
      [undefined, undefined, undefined],
      ['{"id":"req-1","ip_address":"192.0.2.7"}', 'req-1', undefined],
      ['{"id":"req-1","ip_address":"192.0.2.7","client_trace_id":"t"}', 'req-1', 't'],
    ]);
    expect(rows[0]).toMatchObject({ received_request_id: 'req-1', received_address: '192.0.2.7' });
    expect(await post(eventText(), { queryStringParameters: { stamp_request: 'no' } })).toMatchObject({
      status: 400,
      code: 'invalid_request',
    });
    expect(await post(eventText(), { queryStringParameters: { stamp: 'no' } })).toMatchObject({
      status: 400,
      code: 'unknown_parameter',
    });
  });

  it('stamps no unknown address, and no trace id that is not a name', async () => {
    const { post, rows } = open();
    await post(eventText(), {
      headers: { 'x-client-trace-id': 'a\tb' },
      requestContext: { requestId: 'req-2', http: { sourceIp: '' } },
    });
    expect(rows).toMatchObject([{ request: '{"id":"req-2"}' }]);
    expect(rows[0]).not.toHaveProperty('received_address');
    expect(rows[0]).not.toHaveProperty('client_trace_id');
  });

  it('names the codings that it takes if it refuses one', async () => {
    const { post } = open();
    const answer = await post(eventText(), { headers: { 'content-encoding': 'br' } });
    expect(answer).toMatchObject({ status: 415, code: 'unsupported_encoding' });
    expect(answer.headers['accept-encoding']).toBe('gzip, deflate');
  });

  describe('answers below 4 MiB', () => {
    const within = async (bodies: readonly string[], refuse?: (bucket: number) => boolean) => {
      const { handle } = open(refuse);
      const direct = { ...context, invokedFunctionArn: `${context.invokedFunctionArn}:direct` };
      const { body } = await handle(
        { body: bodies.join('\n'), content_type: 'application/x-ndjson' },
        direct,
      );
      expect(Buffer.byteLength(body)).toBeLessThan(4 * 1024 * 1024);
      return JSON.parse(body) as {
        events: { index: number; id: string; sent_id?: string; warnings?: Warning[] }[];
        rejected: { index: number; code: string; path: string; message: string }[];
        not_stored?: { index: number; id: string }[];
        warnings_left_out?: number;
      };
    };
    const many = (text: (index: number) => string) => Array.from({ length: 10_000 }, (_, i) => text(i));
    const small = (change: string) =>
      `{"action":"a.b","success":true,"actor":{"id":"\\n","type":"t"},"target":{"id":"2","type":"t"}${change}}`;

    it('to 10,000 events that each give as many warnings as there is room for', async () => {
      const change =
        ',"payload":1,"request":{"id":"","ip_address":"","x":"\ud800"},' +
        '"metadata":{"\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000":1},' +
        '"occurred_at":"2026-01-01T00:00:00Z","id":"\\n"';
      const { events, warnings_left_out } = await within(many(() => small(change)));
      expect(events.map(({ index }) => index)).toEqual(many(i => String(i)).map(Number));
      const told = events.reduce((sum, { warnings = [] }) => sum + warnings.length, 0);
      expect(told).toBeGreaterThan(10_000);
      expect(told + warnings_left_out!).toBe(6 * 10_000);
    });

    it('to 10,000 that are refused by names of members that are as long as they can be', async () => {
      const key = '\\u0000'.repeat(65);
      const { rejected } = await within(many(() => `{"${key}":1}`));
      expect(rejected.map(({ index }) => index)).toEqual(many(i => String(i)).map(Number));
      expect(rejected[9_999]).toMatchObject({
        code: 'unknown_member',
        path: expect.stringContaining('/\u0000'),
      });
    });

    it('to 10,000 whose ids are as long as they can be', async () => {
      const bodies = many(i => small(`,"id":"${'é'.repeat(110)}${i}","occurred_at":"2026-01-01T00:00:00Z"`));
      const { events } = await within(bodies);
      expect(events).toHaveLength(10_000);
      expect(events.every(({ id }) => id.length === 36)).toBe(true);
    });

    it('to 10,000 of which some are stored, some refused, and some not stored', async () => {
      const bodies = many(i =>
        i % 3 === 0
          ? `{"${'é'.repeat(150)}":1}`
          : small(
              `,"scope":{"id":"${i % 3 === 1 ? 'acme' : 'org-1'}","type":"t"},"payload":1,` +
                `"metadata":{"${'é'.repeat(60)}":1}`,
            ),
      );
      const { events, rejected, not_stored } = await within(bodies, bucket => bucket === 26);
      const indexes = [...events, ...rejected, ...not_stored!].map(({ index }) => index);
      expect(indexes.sort((a, b) => a - b)).toEqual(many(i => String(i)).map(Number));
    });
  });

  it('suggests names for a few unknown actions, not for thousands', async () => {
    const { post } = open(undefined, { isStrict: true });
    const answer = await post(
      Array.from({ length: 50 }, () => eventText({ action: 'context.creat' })).join('\n'),
      { headers: { 'content-type': 'application/x-ndjson' } },
    );
    const hinted = answer.rejected.filter(({ message }) =>
      message.includes('did you mean "context.create"?'),
    );
    expect(hinted).toHaveLength(10);
  });

  it('refuses uncatalogued events if it is strict', async () => {
    const { post } = open(undefined, { isStrict: true });
    const answer = await post(
      `[${eventText()},${eventText({ action: 'order.refund' })},${eventText({ version: 7 })}]`,
    );
    expect(answer).toMatchObject({ status: 207, accepted: 1 });
    expect(answer.rejected.map(({ code }) => code)).toEqual(['unknown_action', 'unknown_version']);
  });

  it('stamps the request with the trace of the client, unless the event says something of it', async () => {
    const { post, rows } = open();
    await post(
      `[${eventText()},${eventText({ request: null })},` +
        `${eventText({ request: { id: 'own', ip_address: '::FFFF:1.2.3.4' } })}]`,
      {
        headers: { 'content-type': 'application/json', 'x-client-trace-id': 'trace-9' },
      },
    );
    expect(rows.map(({ request }) => request)).toEqual([
      '{"id":"req-1","ip_address":"192.0.2.7","client_trace_id":"trace-9"}',
      undefined,
      '{"id":"own","ip_address":"::FFFF:1.2.3.4"}',
    ]);
    expect(rows.map(({ client_trace_id }) => client_trace_id)).toEqual(['trace-9', undefined, undefined]);
    expect(new Set(rows.map(({ content_sha256 }) => content_sha256)).size).toBe(3);
  });

  it('answers 207 with index, code and path of each bad event among 500, and stores the rest', async () => {
    const bad: [string, string, string][] = [
      [eventText({ action: 'Nope' }), 'invalid_action', '/action'],
      [eventText({ actor: { id: 'x' } }), 'missing_member', '/actor/type'],
      [eventText({ extra: 1 }), 'unknown_member', '/extra'],
      [eventText({ success: 1 }), 'invalid_type', '/success'],
      [eventText({ occurred_at: '2026-02-30T00:00:00Z' }), 'invalid_timestamp', '/occurred_at'],
      [eventText({ occurred_at: undefined }), 'occurred_at_required', '/occurred_at'],
      [eventText().replace('"name":"deploy"}', '"name":"deploy","id":"2"}'), 'duplicate_key', '/target/id'],
      [eventText({ scope: { id: 'x', type: '' } }), 'invalid_string', '/scope/type'],
      ['[]', 'not_an_object', ''],
    ];
    const { post, rows } = open();
    const id = (i: number) => `${anId.slice(0, -3)}${String(i).padStart(3, '0')}`;
    const bodies = Array.from({ length: 500 }, (_, i) =>
      i % 7 === 6 ? bad[((i - 6) / 7) % bad.length]![0] : eventText({ id: id(i) }),
    );
    const answer = await post(`[${bodies.join(',\n')}]`);
    expect(answer.status).toBe(207);
    expect(answer.rejected.map(({ index, code, path }) => [index, code, path])).toEqual(
      bodies.flatMap((_, i) =>
        i % 7 === 6 ? [[i, bad[((i - 6) / 7) % bad.length]![1], bad[((i - 6) / 7) % bad.length]![2]]] : [],
      ),
    );
    const good = bodies.flatMap((_, i) => (i % 7 === 6 ? [] : [i]));
    expect(answer.events.map(({ index }) => index)).toEqual(good);
    expect(rows.map(row => row.id)).toEqual(good.map(id));
  });

  it('answers 422 if no event is valid, 400 without events, 413 with too many', async () => {
    const { post, rows } = open();
    expect(await post('[{}]')).toMatchObject({
      status: 422,
      code: 'no_valid_event',
      accepted: 0,
      events: [],
      rejected: [{ index: 0, code: 'missing_member', path: '/action' }],
    });
    expect(await post('[]')).toMatchObject({ status: 400, code: 'empty_request' });
    expect(await post(`[${Array.from({ length: 10_001 }, () => '{}').join()}]`)).toMatchObject({
      status: 413,
      code: 'too_many_events',
    });
    expect(rows).toEqual([]);
  });

  it('answers 503 before any other if the stream did not take all, naming what to send again', async () => {
    const { post, rows, logged } = open(bucket => bucket === 26);
    const answer = await post(`[${eventText({ scope: { id: 'org-1', type: 't' } })},{},${eventText()}]`);
    expect(answer).toMatchObject({
      status: 503,
      code: 'not_stored',
      accepted: 1,
      events: [{ index: 0 }],
      rejected: [{ index: 1 }],
      not_stored: [{ index: 2, id: anId, occurred_at: '2026-06-23T11:00:00.000000000Z' }],
    });
    expect(answer.headers['retry-after']).toBe('1');
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(logged)).not.toContain('deploy');
  });

  it('ends every event of a request as exactly one of accepted, rejected and not stored', async () => {
    const kinds = fc.constantFrom(
      eventText(),
      eventText({ scope: { id: 'org-1', type: 't' } }),
      '{}',
      '7',
      eventText({ x: 1 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(kinds, { minLength: 1, maxLength: 30 }),
        fc.boolean(),
        async (bodies, isRefusing) => {
          const { post } = open(bucket => isRefusing && bucket === 26);
          const {
            events = [],
            rejected = [],
            not_stored = [],
          } = await post(bodies.join('\n'), { headers: { 'content-type': 'application/x-ndjson' } });
          const indexes = [...events, ...rejected, ...(not_stored as { index: number }[])].map(
            ({ index }) => index,
          );
          expect(indexes.sort((a, b) => a - b)).toEqual(bodies.map((_, i) => i));
        },
      ),
    );
  });

  it('takes a gzipped body, and one in base64', async () => {
    const { post, rows } = open();
    expect(await post(gzipSync(eventText()), { headers: { 'content-encoding': 'gzip' } })).toMatchObject({
      status: 202,
    });
    expect(await post(Buffer.from(eventText({ payload: { x: 'é🦩' } })))).toMatchObject({ status: 202 });
    expect(rows[1]!.payload).toBe('{"x":"é🦩"}');
  });

  it('knows a direct invocation by its alias and not by its shape', async () => {
    const { handle, rows } = open();
    const direct = { ...context, invokedFunctionArn: `${context.invokedFunctionArn}:direct` };
    const answer = await handle(
      { body: `${eventText()}\n${eventText()}`, content_type: 'application/x-ndjson' },
      direct,
    );
    expect(answer.statusCode).toBe(202);
    expect(rows).toMatchObject([
      { received_from: direct.invokedFunctionArn, received_request_id: 'invocation-1' },
      {},
    ]);
    expect(rows[0]).not.toHaveProperty('request');
  });

  it('keeps the tokens of nested fields as sent', async () => {
    const { post, rows } = open();
    const payload =
      '{"n":12345678901234567890123,"x":1.10,"e":1E5,"z":-0,"2":1,"1":2,' +
      '"__proto__":{"a":"\\u0000\\u00e9\\/"},"s":"🦩"}';
    await post(
      JSON.stringify(eventObject({ payload: 0 }), null, 2).replace(
        '"payload": 0',
        `"payload": ${payload.replaceAll(',', ' ,\n ')}`,
      ),
    );
    expect(rows[0]!.payload).toBe(payload);
  });
});
