import { CloudEvent, HTTP } from 'cloudevents';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { installedCatalogue } from '#catalogue/bundled.ts';
import { parseRequestBody, type Verdict } from '#domain/receive/body.ts';
import { cloudEventHeaders } from '#domain/receive/cloud-event.ts';
import { anId, eventObject, jsonText, latest } from '#test/support/builders.ts';

const { action, id, occurred_at, ...data } = eventObject();
const source = '/contexts';

const parse = (body: string, headers: Record<string, string>) => {
  const lower = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const verdicts: Verdict[] = [];
  const problem = parseRequestBody(
    {
      bytes: body,
      contentType: lower['content-type'] ?? '',
      contentEncoding: '',
      cloudEventHeaders: cloudEventHeaders(lower),
    },
    { latest, judge: event => installedCatalogue.judge(event, { isStrict: false, isPayloadStrict: true }) },
    verdict => void verdicts.push(verdict),
  );
  return problem ?? verdicts;
};
const attributes = (change: Record<string, unknown> = {}) => ({
  specversion: '1.0',
  type: action as string,
  id: anId,
  source,
  time: '2026-06-23T11:00:00Z',
  data,
  ...change,
});
const structured = (change: Record<string, unknown> = {}) =>
  one(parse(JSON.stringify(attributes(change)), { 'Content-Type': 'application/cloudevents+json' }));
const one = (verdicts: ReturnType<typeof parse>) => {
  if (!Array.isArray(verdicts)) throw new Error(verdicts.message);
  expect(verdicts).toHaveLength(1);
  return verdicts[0]!;
};

const expected = {
  action: 'context.create',
  id: anId,
  occurredAt: '2026-06-23T11:00:00.000000000Z',
  actor: JSON.stringify(data.actor),
  target: JSON.stringify(data.target),
  payload: JSON.stringify(data.payload),
  scope: JSON.stringify(data.scope),
  success: true,
  metadata: '{"ce_source":"/contexts"}',
};

describe("a CloudEvent of the SDK's", () => {
  const event = new CloudEvent(attributes() as never);

  it('is taken in structured mode', () => {
    const { headers, body } = HTTP.structured(event);
    expect(one(parse(body as string, headers as Record<string, string>)).event).toMatchObject(expected);
  });

  it('is taken in binary mode', () => {
    const { headers, body } = HTTP.binary(event);
    expect(one(parse(body as string, headers as Record<string, string>)).event).toMatchObject(expected);
  });

  it('is taken in batched mode, each with its own verdict', () => {
    const other = event.cloneWith({ id: 'A234-1234', type: 'Bad Action' });
    const verdicts = parse(JSON.stringify([event, other, event]), {
      'content-type': 'application/cloudevents-batch+json; charset=utf-8',
    });
    expect(Array.isArray(verdicts) && verdicts.map(({ refusal }) => refusal)).toMatchObject([
      undefined,
      { code: 'invalid_action', path: '/type' },
      undefined,
    ]);
  });

  it('is the same event in each mode', () => {
    const [structuredly, binarily] = [HTTP.structured(event), HTTP.binary(event)].map(
      ({ headers, body }) => one(parse(body as string, headers as Record<string, string>)).event,
    );
    expect(structuredly).toEqual(binarily);
  });

  it('is the same event in each mode as the SDK for Python (2.2.0) sends it', () => {
    const data =
      '{"actor": {"id": "u-17", "type": "user"}, "target": {"id": "c-1", "type": "context"}, ' +
      '"success": true, "payload": {"name": "deploy"}, "scope": {"id": "acme", "type": ' +
      '"account"}}';
    const binary = one(
      parse(data, {
        'ce-type': 'context.create',
        'ce-source': '/B%C3%BCro/100%25%20%22x%22%20%F0%9F%98%80',
        'ce-id': '%C3%84%201',
        'ce-specversion': '1.0',
        'ce-time': '2026-06-23T09:00:00.123456Z',
        'content-type': 'application/json',
        'ce-subject': 'c%201',
        'ce-note': 'a+b%2520c',
      }),
    ).event!;
    const structured = one(
      parse(
        '{"type": "context.create", "source": "/B\\u00fcro/100% \\"x\\" \\ud83d\\ude00", "id": ' +
          '"\\u00c4 1", "specversion": "1.0", "time": "2026-06-23T09:00:00.123456Z", ' +
          '"datacontenttype": "application/json", "subject": "c 1", "note": "a+b%20c", "data": ' +
          `${data}}`,
        { 'content-type': 'application/cloudevents+json' },
      ),
    ).event!;
    expect(binary).toEqual(structured);
    expect(JSON.parse(binary.metadata)).toEqual({
      ce_source: '/Büro/100% "x" 😀',
      ce_id: 'Ä 1',
      ce_subject: 'c 1',
      ce_note: 'a+b%20c',
    });
  });

  it('keeps what an event has no field for in its metadata', () => {
    const extended = event.cloneWith({
      subject: 'c-1',
      dataschema: 'https://example.com/schema',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      retries: 3,
      sampled: true,
      data: { ...data, metadata: { own: 'kept' } },
    });
    const metadata = {
      own: 'kept',
      ce_source: '/contexts',
      ce_subject: 'c-1',
      ce_dataschema: 'https://example.com/schema',
      ce_traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      ce_retries: '3',
      ce_sampled: 'true',
    };
    for (const { headers, body } of [HTTP.structured(extended), HTTP.binary(extended)]) {
      const text = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
      expect(JSON.parse(one(parse(body as string, text)).event!.metadata)).toEqual(metadata);
    }
  });

  it('has an id of its own if its id is not a UUID, the same each time, and another for each source', () => {
    const verdicts = [
      structured({ id: 'A234-1234-1234' }),
      structured({ id: 'A234-1234-1234' }),
      structured({ id: 'A234-1234-1234', source: '/other' }),
    ];
    const ids = verdicts.map(({ event: made }) => made!.id);
    expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8/);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
    expect(JSON.parse(verdicts[0]!.event!.metadata)).toEqual({ ce_source: source, ce_id: 'A234-1234-1234' });
    expect(verdicts[0]!.event!.sentId).toBe('A234-1234-1234');
    expect(structured({ id: anId.toUpperCase() }).event).toMatchObject({ id: anId, sentId: undefined });
    expect(structured({ id: 'a\n' }).event).toMatchObject({
      sentId: expect.stringMatching(/^sha256:/),
      warnings: [{ code: 'not_a_name', path: '/id' }],
    });
  });
});

const twice = Buffer.from('{"a":1,"a":2}').toString('base64');

describe('a CloudEvent', () => {
  it('is accepted whatever its data describes, and repairs are reported at their place', () => {
    const codesOf = (change: Record<string, unknown>) =>
      structured({ data: { ...data, ...change } }).event!.warnings.map(({ code, path }) => [code, path]);
    expect(codesOf({ metadata: [] })).toEqual([
      ['wrapped', '/data/metadata'],
      ['metadata_as_text', '/data/metadata/value'],
    ]);
    expect(codesOf({ metadata: 'x' })).toEqual([['wrapped', '/data/metadata']]);
    expect(codesOf({ scope: null })).toEqual([['no_scope', '/data/scope']]);
    expect(codesOf({ actor: { id: 'a\n', type: 't' } })).toEqual([['not_a_name', '/data/actor/id']]);
    expect(structured({ source: 'é'.repeat(200_000) }).event!.warnings).toMatchObject([
      { code: 'truncated', path: '/data/metadata' },
    ]);
  });

  it('keeps metadata under the names that attributes get beside these', () => {
    expect(structured({ data: { ...data, metadata: { ce_source: 'x' } } }).event!.metadata).toBe(
      '{"ce_source":"x","ce_source":"/contexts"}',
    );
  });

  it('has U+FFFD for bytes of its data that are not UTF-8', () => {
    const bytes = Buffer.from(JSON.stringify(data).replace('deploy', 'd\u00ff'), 'latin1');
    const { event } = structured({ data: undefined, data_base64: bytes.toString('base64') });
    expect(event).toMatchObject({
      target: expect.stringContaining('d\ufffd'),
      warnings: [{ code: 'not_utf8', path: '' }],
    });
  });

  it('keeps the tokens of its data, whatever they are', () => {
    fc.assert(
      fc.property(jsonText, text => {
        const body = JSON.stringify(attributes()).replace(
          '"payload":{"name":"deploy"}',
          () => `"payload":{"zeta":${text},"a":1.10}`,
        );
        const { event } = one(parse(body, { 'content-type': 'application/cloudevents+json' }));
        return event!.payload.endsWith(',"a":1.10}') && event!.payload.startsWith('{"zeta":');
      }),
    );
  });

  it('may have its data in base64', () => {
    const encoded = Buffer.from(JSON.stringify(data)).toString('base64');
    expect(structured({ data: undefined, data_base64: encoded }).event).toMatchObject(expected);
  });

  it('may repeat in its data what its attributes say, and keeps members that every object inherits', () => {
    const repeated = { ...data, action, id: anId.toUpperCase(), occurred_at: '2026-06-23T13:00:00+02:00' };
    expect(structured({ data: repeated }).event).toMatchObject(expected);
    expect(structured({ data: { ...data, constructor: 1 } }).refusal).toMatchObject({
      code: 'unknown_member',
      path: '/data/constructor',
    });
  });

  it.each<[string, Record<string, unknown>, string, string]>([
    ['another version', { specversion: '0.3' }, 'invalid_cloud_event', '/specversion'],
    ['no time', { time: undefined }, 'occurred_at_required', '/time'],
    ['a time that is none', { time: 'yesterday' }, 'invalid_timestamp', '/time'],
    ['a time too far ahead', { time: '2027-01-01T00:00:00Z' }, 'occurred_in_future', '/time'],
    ['no id', { id: undefined }, 'missing_member', '/id'],
    ['an id that is a number', { id: 5 }, 'invalid_type', '/id'],
    ['no source', { source: undefined }, 'missing_member', '/source'],
    ['an empty source', { source: '' }, 'invalid_string', '/source'],
    ['no type', { type: undefined }, 'missing_member', '/type'],
    ['a type that is no action', { type: 'com.Example' }, 'invalid_action', '/type'],
    ["a type of Annals' own", { type: 'audit_log.x' }, 'reserved_action', '/type'],
    ['no data', { data: undefined }, 'missing_member', '/data/actor'],
    ['data that is text', { data: 'text' }, 'invalid_cloud_event', '/data'],
    [
      'data of another type',
      { datacontenttype: 'application/xml' },
      'invalid_cloud_event',
      '/datacontenttype',
    ],
    ['data twice', { data_base64: 'e30=' }, 'invalid_cloud_event', '/data_base64'],
    [
      'base64 that is no JSON',
      { data: undefined, data_base64: 'AAAA' },
      'invalid_cloud_event',
      '/data_base64',
    ],
    [
      'a member of its data twice',
      { data: undefined, data_base64: twice },
      'duplicate_key',
      '/data_base64/a',
    ],
    ['an unknown member in its data', { data: { ...data, foo: 1 } }, 'unknown_member', '/data/foo'],
    [
      'a payload against its schema',
      { data: { ...data, payload: { name: 1 } } },
      'invalid_payload',
      '/data/payload/name',
    ],
    ['an id in its data that is another', { data: { ...data, id: 'x' } }, 'invalid_cloud_event', '/data/id'],
    [
      'a time in its data that is none',
      { data: { ...data, occurred_at: 'x' } },
      'invalid_cloud_event',
      '/data/occurred_at',
    ],
    ['an attribute that is an object', { ext: {} }, 'invalid_cloud_event', '/ext'],
    ['an attribute with a capital', { myExt: 'x' }, 'invalid_cloud_event', '/myExt'],
  ])('is refused with %s', (_, change, code, path) => {
    expect(structured(change).refusal).toMatchObject({ code, path });
  });

  it('is refused as a whole if a key occurs in it twice', () => {
    const body = JSON.stringify(attributes()).replace('{', '{"type":"a.b",');
    expect(one(parse(body, { 'content-type': 'application/cloudevents+json' })).refusal).toMatchObject({
      code: 'duplicate_key',
      path: '/type',
    });
  });

  it('in binary mode has a JSON body, or an empty one', () => {
    const { headers } = HTTP.binary(new CloudEvent(attributes() as never)) as {
      headers: Record<string, string>;
    };
    for (const body of ['{', '{} {}', 'text', '"a","id":"x"'])
      expect(parse(body, headers)).toMatchObject({ status: 400, code: 'invalid_json' });
    expect(one(parse('', headers)).refusal).toMatchObject({ code: 'missing_member', path: '/data/actor' });
    expect(one(parse(` \n${JSON.stringify(data)}\n`, headers)).event).toMatchObject(expected);
    const { 'content-type': _, ...untyped } = headers;
    expect(one(parse(JSON.stringify(data), untyped)).event).toMatchObject(expected);
    expect(one(parse('{}', { ...headers, 'content-type': 'text/plain' })).refusal).toMatchObject({
      path: '/datacontenttype',
    });
    expect(one(parse('{}', { ...headers, 'ce-a-b': 'x' })).refusal).toMatchObject({ path: '/a-b' });
  });

  const withSubject = (subject: string) => {
    const { headers } = HTTP.binary(new CloudEvent(attributes() as never)) as {
      headers: Record<string, string>;
    };
    return one(parse(JSON.stringify(data), { ...headers, 'ce-subject': subject }));
  };
  const subjectOf = (subject: string): unknown =>
    (JSON.parse(withSubject(subject).event!.metadata) as { ce_subject: string }).ce_subject;

  it.each([
    // The example of the binding.
    ['Euro%20%E2%82%AC%20%F0%9F%98%80', 'Euro € 😀'],
    ['%65%6e%63oded%20without%20need', 'encoded without need'],
    ['%c3%a9%C3%A9', 'éé'],
    ['once%2520only', 'once%20only'],
    ['a+b', 'a+b'],
    ['"in quotes"', 'in quotes'],
    ['"a \\"b\\" \\\\ c%20d"', 'a "b" \\ c d'],
    ['""', ''],
    ['a "quote" inside', 'a "quote" inside'],
    ['"unended', '"unended'],
    ['é', 'é'],
  ])('in binary mode is read as the binding encodes it: %s', (header, subject) => {
    expect(subjectOf(header)).toBe(subject);
  });

  it.each([
    ['%', '%'],
    ['100% off', '100% off'],
    ['%zz%20%4', '%zz %4'],
    ['"%"', '%'],
  ])(
    'in binary mode keeps a "%" that encodes nothing in a header that only describes: %s',
    (header, subject) => {
      const { event } = withSubject(header);
      expect(JSON.parse(event!.metadata)).toMatchObject({ ce_subject: subject });
      expect(event!.warnings).toEqual([]);
    },
  );

  it.each([
    ['a%ffb', 'a\ufffdb'],
    // Longer than needed, half of a surrogate pair, cut short.
    ['%C0%A0', '\ufffd\ufffd'],
    ['%ED%A0%80', '\ufffd\ufffd\ufffd'],
    ['%F0%9F%98', '\ufffd'],
    // A byte beyond ASCII that is not UTF-8, as the gateway hands it over.
    ['\udcff', '\ufffd'],
  ])(
    'in binary mode is stored with a warning if a header that only describes is not UTF-8: %s',
    (header, subject) => {
      const { event } = withSubject(header);
      expect(JSON.parse(event!.metadata)).toMatchObject({ ce_subject: subject });
      expect(event!.warnings).toEqual([
        { code: 'not_utf8', path: '/subject', message: expect.stringContaining('UTF-8') },
      ]);
    },
  );

  it.each(['id', 'source', 'type', 'time'])(
    'in binary mode is refused by name if what makes it one event is not percent-encoded UTF-8: %s',
    name => {
      const { headers } = HTTP.binary(new CloudEvent(attributes() as never)) as {
        headers: Record<string, string>;
      };
      const refusalOf = (value: string) =>
        one(parse(JSON.stringify(data), { ...headers, [`ce-${name}`]: value })).refusal;
      expect(refusalOf('100%')).toMatchObject({ code: 'invalid_cloud_event', path: `/${name}` });
      for (const value of ['%ff', '%ED%A0%80', '\udcff'])
        expect(refusalOf(value)).toMatchObject({ code: 'invalid_utf8', path: `/${name}` });
    },
  );

  it('is not one without its media type or its header: then the body is an event', () => {
    expect(
      one(parse(JSON.stringify(attributes()), { 'content-type': 'application/json' })).refusal,
    ).toMatchObject({
      code: 'unknown_member',
    });
    expect(one(parse(JSON.stringify(eventObject()), { 'ce-source': 'x' })).event).toBeDefined();
  });
});
