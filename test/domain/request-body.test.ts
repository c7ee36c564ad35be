import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { installedCatalogue } from '#catalogue/installed.ts';
import { parseRequestBody } from '#domain/request-body.ts';
import { maxEventBytes, maxRequestBytes } from '#domain/request-limits.ts';
import { eventText, latest } from '../builders.ts';

const parse = (bytes: Buffer | string, contentType = 'application/json', contentEncoding = '') =>
  parseRequestBody(
    { bytes, contentType, contentEncoding },
    {
      latest,
      judge: (event, payload) => installedCatalogue.judge(event, false, payload),
    },
  );
const codes = (result: ReturnType<typeof parse>) =>
  Array.isArray(result) ? result.map(({ refusal }) => refusal?.code ?? 'ok') : result.code;
const ndjson = 'application/x-ndjson';

describe('the body of a request', () => {
  it('is an event, an array of them, or one a line', () => {
    expect(codes(parse(eventText()))).toEqual(['ok']);
    expect(codes(parse(`\t\n[${eventText()} , ${eventText()}]\r\n`))).toEqual(['ok', 'ok']);
    for (const type of [
      ndjson,
      'application/ndjson; charset=utf-8',
      'application/jsonl',
      'Application/X-NDJSON',
    ])
      expect(codes(parse(`${eventText()}\n\n  \r\n${eventText()}\r\n`, type))).toEqual(['ok', 'ok']);
  });

  it('may begin with a byte order mark and be printed over many lines', () => {
    expect(codes(parse(`\ufeff${JSON.stringify([JSON.parse(eventText())], null, 2)}`))).toEqual(['ok']);
  });

  it('refuses a bad line alone', () => {
    const lines = [
      eventText(),
      '{"action":',
      `${eventText()}${eventText()}`,
      eventText().slice(1),
      '7',
      eventText(),
    ];
    const result = parse(lines.join('\n'), ndjson);
    expect(codes(result)).toEqual([
      'ok',
      'invalid_json',
      'invalid_json',
      'invalid_json',
      'not_an_object',
      'ok',
    ]);
  });

  it('does not let a line run into the next', () => {
    expect(codes(parse('{"action":\n"a.b"}', ndjson))).toEqual(['invalid_json', 'invalid_json']);
  });

  it('refuses bytes that are not UTF-8 in their own event', () => {
    const bad = (text: string) => Buffer.from(text.replace('deploy', 'd\u00ff'), 'latin1');
    const comma = Buffer.from(',');
    const array = Buffer.concat([
      Buffer.from('['),
      Buffer.from(eventText({ payload: { x: 'é🦩' } })),
      comma,
      bad(eventText()),
      comma,
      Buffer.from(eventText()),
      Buffer.from(']'),
    ]);
    const result = parse(array);
    expect(codes(result)).toEqual(['ok', 'invalid_utf8', 'ok']);
    expect(result).toMatchObject([
      { event: { payload: '{"x":"é🦩"}' } },
      { refusal: { path: '/target/name' } },
      {},
    ]);
    expect(codes(parse(Buffer.concat([bad(eventText()), Buffer.from(`\n${eventText()}`)]), ndjson))).toEqual([
      'invalid_utf8',
      'ok',
    ]);
    expect(codes(parse(Buffer.from([0xff, 0xfe])))).toBe('invalid_json');
  });

  it.each(['', '  \n', '[]', ' [ ] '])('is empty as %j', text => {
    expect(parse(text)).toMatchObject({ status: 400, code: 'empty_request' });
    expect(parse('\n \n', ndjson)).toMatchObject({ status: 400, code: 'empty_request' });
  });

  it.each([
    ['[{"a":1}', 'line 1, column 9'],
    ['[{},]', 'line 1, column 5'],
    ['{}{}', 'line 1, column 3'],
    ['{\n "a" 1}', 'line 2, column 6'],
    ['nope', 'line 1, column 1'],
  ])('is refused whole as %j, naming the place', (text, place) => {
    expect(parse(text)).toMatchObject({
      status: 400,
      code: 'invalid_json',
      message: expect.stringContaining(place),
    });
  });

  it('is taken gzipped, and limited after inflating', () => {
    expect(codes(parse(gzipSync(eventText()), 'application/json', 'gzip'))).toEqual(['ok']);
    expect(parse(gzipSync(' '.repeat(maxRequestBytes + 1)), '', 'gzip')).toMatchObject({
      status: 413,
      code: 'body_too_large',
    });
    expect(parse(gzipSync(eventText()).subarray(0, 40), '', 'gzip')).toMatchObject({
      status: 400,
      code: 'invalid_gzip',
    });
    expect(parse('x', '', 'br')).toMatchObject({ status: 415, code: 'unsupported_encoding' });
  });

  it('is at most 4 MiB and 500 events', () => {
    const padded = (bytes: number) =>
      Buffer.from(eventText() + ' '.repeat(bytes - Buffer.byteLength(eventText())));
    expect(codes(parse(padded(maxRequestBytes)))).toEqual(['ok']);
    expect(parse(padded(maxRequestBytes + 1))).toMatchObject({ status: 413, code: 'body_too_large' });
    expect(parse('é'.repeat(maxRequestBytes / 2 + 1))).toMatchObject({ status: 413 });
    const events = (count: number) => Array.from({ length: count }, () => eventText());
    expect(codes(parse(`[${events(500).join(',')}]`))).toHaveLength(500);
    expect(parse(`[${events(501).join(',')}]`)).toMatchObject({ status: 413, code: 'too_many_events' });
    expect(parse(events(501).join('\n'), ndjson)).toMatchObject({ status: 413, code: 'too_many_events' });
  });

  it('holds events of at most 256 KiB as sent', () => {
    const event = (bytes: number) => {
      const empty = eventText({ payload: { x: '' } });
      return empty.replace(
        '"x":""',
        `"x":"${'é'.repeat((bytes - empty.length) / 2)}${empty.length % 2 ? 'a' : ''}"`,
      );
    };
    expect(Buffer.byteLength(event(maxEventBytes))).toBe(maxEventBytes);
    expect(codes(parse(`[${event(maxEventBytes)},${event(maxEventBytes + 2)}]`))).toEqual([
      'ok',
      'event_too_large',
    ]);
  });

  it.each([
    ['one number', () => [`1.${'0'.repeat(4_000_000)}1`]],
    ['sixteen numbers', () => Array.from({ length: 16 }, () => `1.${'0'.repeat(250_000)}1`)],
    ['numbers', () => Array.from({ length: 1_000_000 }, () => '1.0')],
    ['exponents', () => [`1e-${'9'.repeat(4_000_000)}`]],
  ])('is read in steps that grow with its bytes alone, whatever %s it is full of', (_, numbers) => {
    const text = eventText({ payload: { a: [] } }).replace('[]', `[${numbers().join()}]`);
    expect(codes(parse(`[${text},${eventText()}]`))).toEqual([expect.any(String), 'ok']);
  });
});
