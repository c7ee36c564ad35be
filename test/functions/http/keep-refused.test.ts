import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { RefusedBudget, writeUsage } from '#aws/state/refused-budget.ts';
import { Stream } from '#aws/stream.ts';
import { installedCatalogue } from '#catalogue/bundled.ts';
import { parseRecordKey } from '#domain/archive/bucket.ts';
import type { SentBody } from '#domain/archive/sort-body.ts';
import type { MetricValues } from '#domain/metrics.ts';
import { receiverClock } from '#domain/receive/receiver-clock.ts';
import { decodePart, type RefusedPart, sha256Hex } from '#domain/refused/item.ts';
import { decodeItemRecord } from '#domain/refused/item-record.ts';
import type { ReceiveEvent } from '#functions/http/delivery.ts';
import { packRefused } from '#functions/http/keep-refused.ts';
import { receive } from '#functions/receive.ts';
import { eventText } from '#test/support/builders.ts';
import { openBuckets, quietBackoff } from '#test/support/world.ts';

const nowMs = Date.parse('2026-11-23T12:00:00Z');
const context = { invokedFunctionArn: 'arn:aws:lambda:eu-west-1:1:function:receive', awsRequestId: 'i' };

type Told = {
  code?: string;
  kept?: boolean;
  accepted: number;
  events: { id: string; index: number }[];
  rejected: { index: number | null; code: string; kept: boolean }[];
  not_stored?: { index: number | null; id?: string }[];
};

type Options = {
  maxBytes?: number;
  /** Which records the stream does not take. */
  refuses?: (isRefused: boolean, n: number) => boolean;
  hasReserve?: () => Promise<boolean>;
};

const open = async ({ maxBytes = 1e9, refuses = () => false, hasReserve }: Options = {}) => {
  const { state } = await openBuckets();
  const parts: RefusedPart[] = [];
  const counted: MetricValues[] = [];
  let rows = 0;
  let records = 0;
  let n = 0;
  const send = async ({ input }: { input: { Records: { Data: Uint8Array; PartitionKey: string }[] } }) => ({
    Records: input.Records.map(({ Data, PartitionKey }) => {
      const { isRefused } = parseRecordKey(PartitionKey, 32)!;
      if (refuses(isRefused, n++)) return { ErrorCode: 'ProvisionedThroughputExceededException' };
      const held = isRefused ? decodeItemRecord(Buffer.from(Data)) : undefined;
      records += isRefused ? 1 : 0;
      if (held && !('fault' in held)) parts.push(...held);
      else rows += 1;
      return { SequenceNumber: String(n), ShardId: 's' };
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
    strictness: { isStrict: false, isPayloadStrict: false },
    nowMs: () => nowMs,
    clock: receiverClock(
      () => nowMs,
      () => 0,
    ),
    newId: () => `00000000-0000-7000-8000-${String(++ids).padStart(12, '0')}`,
    log: () => undefined,
    metrics: values => void counted.push(values),
    budget: new RefusedBudget({ state, maxBytes, hasReserve, nowMs: () => nowMs }),
  });
  const post = async (
    body: string | Buffer,
    { isKeeping = true, headers = {} as Record<string, string> } = {},
  ) => {
    const event: ReceiveEvent = {
      headers: { 'content-type': 'application/json', ...headers },
      queryStringParameters: isKeeping ? { refused: 'keep' } : {},
      body: typeof body === 'string' ? body : body.toString('base64'),
      isBase64Encoded: typeof body !== 'string',
      requestContext: {
        requestId: 'req-1',
        http: { sourceIp: '192.0.2.7' },
        authorizer: { iam: { userArn: 'arn:aws:iam::123456789012:role/shop' } },
      },
    };
    const { statusCode, headers: told, body: answer } = await handle(event, context);
    return { status: statusCode, headers: told, ...(JSON.parse(answer) as Told) };
  };
  return { post, parts, counted, state, rows: () => rows, records: () => records };
};

const bad = eventText({ success: undefined } as never);

describe('keeping refused events', () => {
  it('ends a request with 200 once everything is stored or kept, also if nothing is valid', async () => {
    const { post, parts, rows, counted } = await open();
    expect(await post(`[${eventText()},${bad},7]`)).toMatchObject({
      status: 200,
      accepted: 1,
      rejected: [
        { index: 1, code: 'missing_member', kept: true },
        { index: 2, code: 'not_an_object', kept: true },
      ],
    });
    expect(await post(bad)).toMatchObject({ status: 200, accepted: 0, rejected: [{ index: 0, kept: true }] });
    expect(await post(eventText())).toMatchObject({ status: 200, accepted: 1, rejected: [] });
    expect(await post('')).toMatchObject({ status: 200, accepted: 0, rejected: [] });
    expect(rows()).toBe(2);
    expect(parts.map(({ content }) => content.toString())).toEqual([bad, '7', bad]);
    expect(counted.some(values => 'RefusedNotKept' in values)).toBe(false);
  });

  it('changes no status without being asked to, and says of each whether it is kept', async () => {
    const { post, parts } = await open();
    const plain = { isKeeping: false };
    expect(await post(`[${eventText()},${bad}]`, plain)).toMatchObject({
      status: 207,
      rejected: [{ kept: true }],
    });
    expect(await post(bad, plain)).toMatchObject({ status: 422, rejected: [{ kept: true }] });
    expect(await post('{', plain)).toMatchObject({ status: 400, code: 'invalid_json', kept: true });
    expect(await post('', plain)).toMatchObject({ status: 400, code: 'empty_request' });
    expect(parts).toHaveLength(3);
  });

  it('keeps bytes as they came: of a line, of an event in an array, and of a body that cannot be divided', async () => {
    const { post, parts } = await open();
    const notUtf8 = Buffer.concat([
      Buffer.from('{"action":"a.b","x":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}'),
    ]);
    await post(gzipSync(Buffer.concat([Buffer.from('{"a":1}\n'), notUtf8])), {
      headers: { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' },
    });
    const broken = gzipSync('[]').subarray(0, 12);
    const answer = await post(broken, { headers: { 'content-encoding': 'gzip' } });
    expect(answer).toMatchObject({
      status: 200,
      rejected: [{ index: null, code: 'invalid_gzip', path: '', kept: true }],
    });
    expect(parts.map(({ content }) => content)).toEqual([Buffer.from('{"a":1}'), notUtf8, broken]);
    expect(parts[2]!.header).toMatchObject({ content_encoding: 'gzip', bytes: broken.length });
  });

  it('names equal items of a request apart, and the same body sent again as the same', async () => {
    const { post, parts } = await open();
    for (let n = 0; n < 3; n++) await post(`[${bad},${bad}]`);
    const keys = parts.map(({ header }) => header.key);
    expect(new Set(keys).size).toBe(2);
    expect(keys.slice(2, 4)).toEqual(keys.slice(0, 2));
  });

  it('keeps ten thousand small items in few records, beside the rows of their request', async () => {
    const { post, parts, records, rows, counted } = await open();
    const answer = await post(`[${eventText()},${Array(9_999).fill('{}').join()}]`);
    expect(answer).toMatchObject({ status: 200, accepted: 1 });
    expect(answer.rejected.every(({ kept }) => kept)).toBe(true);
    expect(new Set(parts.map(({ header }) => header.key)).size).toBe(9_999);
    expect(parts.every(({ content }) => content.toString() === '{}')).toBe(true);
    // Items without a scope are spread over the buckets.
    expect(records()).toBeLessThanOrEqual(32);
    expect(rows()).toBe(1);
    expect(counted).toMatchObject([{ RejectedEvents: 9_999 }]);
  });

  it('keeps items of a scope in the order they were sent', async () => {
    const { post, parts, records } = await open();
    const texts = Array.from({ length: 1200 }, (_, n) => `{"scope":{"id":"acme"},"n":${n}}`);
    await post(`[${texts.join()}]`);
    expect(parts.map(({ content }) => content.toString())).toEqual(texts);
    expect(records()).toBe(3);
  });

  it('takes at least 1 KiB of the budget for each item, so that small ones cannot fill the state', async () => {
    const { post, counted } = await open({ maxBytes: 100 * 1024 });
    const answer = await post(`[${Array(150).fill('{}').join()}]`);
    expect(answer.rejected.filter(({ kept }) => kept)).toHaveLength(100);
    expect(await post('[{}]')).toMatchObject({ status: 422, rejected: [{ kept: false }] });
    expect(counted).toMatchObject([{ RefusedNotKept: 50 }, { RefusedNotKept: 1 }]);
  });

  it('says of each item of a record that the stream did not take that it is not kept', async () => {
    const { post, parts } = await open({ refuses: (isRefused, n) => isRefused && n === 1 });
    const answer = await post(`[${Array(1000).fill('{"scope":{"id":"acme"}}').join()}]`);
    expect(answer).toMatchObject({ status: 503 });
    expect(answer.rejected.map(({ kept }) => kept)).toEqual(
      Array.from({ length: 1000 }, (_, at) => at < 500),
    );
    expect(answer.not_stored).toHaveLength(500);
    expect(parts).toHaveLength(500);
  });

  it('makes the events of the same body the same events, if they say when they occurred', async () => {
    const { post } = await open();
    const body = `[${eventText({ id: undefined })},${eventText({ id: undefined })},${bad}]`;
    const first = await post(body);
    const second = await post(gzipSync(body), { headers: { 'content-encoding': 'gzip' } });
    expect(second.events.map(({ id }) => id)).toEqual(first.events.map(({ id }) => id));
    expect(new Set(first.events.map(({ id }) => id)).size).toBe(2);
    const plain = await post(body, { isKeeping: false });
    expect(plain.events.map(({ id }) => id)).not.toEqual(first.events.map(({ id }) => id));
  });

  it('keeps only sender, size and hash of an item that is too large, and does not call it kept', async () => {
    const { post, parts } = await open();
    const many = `[${Array(10_001).fill('1').join()}]`;
    expect(await post(many)).toMatchObject({
      status: 413,
      code: 'too_many_events',
      kept: false,
      not_stored: [{ index: null }],
    });
    const large = Buffer.alloc(4 * 1024 * 1024 + 1, ' ');
    expect(await post(large)).toMatchObject({ status: 413, code: 'body_too_large', kept: false });
    expect(parts.map(({ header, content }) => [header.sha256, header.bytes, content.length])).toEqual([
      [sha256Hex(many), many.length, 0],
      [sha256Hex(large), large.length, 0],
    ]);
  });

  it('is never claimed beyond the budget: all that fits is kept, and the rest is reported', async () => {
    const { post, parts, counted } = await open({ maxBytes: 1500 });
    const answer = await post(`[${eventText()},${bad},${eventText({ success: 1 } as never)}]`);
    expect(answer).toMatchObject({
      status: 207,
      accepted: 1,
      rejected: [
        { index: 1, kept: true },
        { index: 2, kept: false },
      ],
      not_stored: [{ index: 2 }],
    });
    expect(parts).toHaveLength(1);
    expect(counted).toMatchObject([{ RefusedNotKept: 1 }]);
    expect(await post('{')).toMatchObject({ status: 400, kept: false, not_stored: [{ index: null }] });
    expect(await post(bad)).toMatchObject({ status: 422, not_stored: [{ index: 0 }] });
  });

  it('is bounded by what is kept already, in all and of the sender on this day, and by the disk', async () => {
    const sender = 'arn:aws:iam::123456789012:role/shop';
    const usage = (bytes: number, own: number, day = '2026-11-23') => ({
      counted_at: '2026-11-23T11:59:00.000000000Z',
      bytes,
      files: 1,
      of_day: { day, senders: { [sender]: own } },
    });
    const statusAfter = async (...[bytes, own, day]: Parameters<typeof usage>) => {
      const { post, state } = await open();
      await writeUsage(state, usage(bytes, own, day));
      return (await post(bad)).status;
    };
    const quarter = 256 * 1024 * 1024;
    expect(await statusAfter(1e9 - 10, 0)).toBe(422);
    expect(await statusAfter(quarter, quarter - 10)).toBe(422);
    expect(await statusAfter(quarter, quarter - 10, '2026-11-22')).toBe(200);
    for (const hasReserve of [async () => false, () => Promise.reject(new Error('no such disk'))])
      expect(await (await open({ hasReserve })).post(bad)).toMatchObject({
        status: 422,
        rejected: [{ kept: false }],
      });
  });

  it('reports events that the stream did not take: refused ones by index, accepted ones by id and time', async () => {
    const refused = await open({ refuses: isRefused => isRefused });
    expect(await refused.post(`[${eventText()},${bad}]`)).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      code: 'not_stored',
      accepted: 1,
      rejected: [{ index: 1, kept: false }],
      not_stored: [{ index: 1 }],
    });
    expect(await refused.post('{')).toMatchObject({ status: 503, not_stored: [{ index: null }] });
    expect(await refused.post(`[${eventText()},${bad}]`, { isKeeping: false })).toMatchObject({
      status: 207,
      rejected: [{ index: 1, kept: false }],
    });
    expect(await refused.post(bad, { isKeeping: false })).toMatchObject({ status: 422 });
    const rows = await open({ refuses: isRefused => !isRefused });
    const answer = await rows.post(`[${eventText()},${bad}]`);
    expect(answer).toMatchObject({ status: 503, accepted: 0, rejected: [{ index: 1, kept: true }] });
    expect(answer.not_stored).toEqual([expect.objectContaining({ index: 0, id: expect.any(String) })]);
  });

  it('calls an item kept only if the stream took all of its parts', async () => {
    const { post, parts } = await open({ refuses: (isRefused, n) => isRefused && n % 3 === 2 });
    const body = `[${JSON.stringify({ x: 'y'.repeat(1_200_000) })}]`;
    expect(await post(body)).toMatchObject({ status: 503, not_stored: [{ index: 0 }] });
    expect(parts).toHaveLength(2);
  });

  it('puts items into the bucket of their scope, if it can be read for certain', async () => {
    const delivery: SentBody = {
      body: { bytes: '', contentType: 'application/json', contentEncoding: '' },
      from: 's',
      requestId: 'r',
      http: undefined,
      isStamping: true,
      isKeeping: true,
    };
    const scopeOf = async (text: string, contentType = 'application/json') => {
      const content = Buffer.from(text);
      const slice = { start: 0, end: content.length };
      const { packs } = await packRefused(
        { buckets: 32, budget: { admit: async (_, sizes) => sizes.map(() => true) } },
        { ...delivery, body: { ...delivery.body, contentType } },
        '2026-11-23T12:00:00.000000000Z',
        { content, isInflated: true, pieces: [{ code: 'x', path: '', message: '', slice }] },
      );
      const part = decodePart(packs[0]!.data);
      return 'header' in part ? part.header : undefined;
    };
    const acme = sha256Hex('acme');
    expect(await scopeOf('{"scope":{"id":"acme"},"occurred_at":"2026-11-01T02:00:00+02:00"}')).toMatchObject({
      scope_sha256: acme,
      occurred_at: '2026-11-01T00:00:00.000000000Z',
    });
    for (const text of [
      '{"scope":{"id":"acme"},"scope":{"id":"acme"}}',
      '{"scope":{"id":"acme","id":"other"}}',
      '{"scope":{"id":7}}',
      '{"scope":"acme"}',
      '{"scope":{"id":"acme"}',
      '[]',
    ])
      expect((await scopeOf(text))!.scope_sha256, text).toBeUndefined();
    const cloud = '{"specversion":"1.0","type":"X","id":"1","source":"s","data":{"scope":{"id":"acme"}}}';
    expect(await scopeOf(cloud, 'application/cloudevents-batch+json')).toMatchObject({
      scope_sha256: acme,
      content_type: 'application/cloudevents+json',
    });
  });
});
