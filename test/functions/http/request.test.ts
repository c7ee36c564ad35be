import { describe, expect, it } from 'vitest';
import { gapRequestShape } from '#domain/http/gap-request.ts';
import { type ApiEvent, bodyOf, parseBody, viaOf } from '#functions/http/request.ts';

const event = (change: Partial<ApiEvent>): ApiEvent => ({
  routeKey: 'POST /v1/exports',
  headers: {},
  isBase64Encoded: false,
  requestContext: { requestId: 'r-1', http: { sourceIp: '::ffff:192.0.2.7' } },
  ...change,
});
const codeOf = (read: { problem?: { body: string } }) =>
  read.problem && (JSON.parse(read.problem.body) as { code: string }).code;

describe('the body of a request', () => {
  it('is JSON, as text or in base64; an empty one is an object without members', () => {
    expect(bodyOf(event({ body: '{"a":"ü"}' }))).toEqual({ json: { a: 'ü' } });
    const base64 = Buffer.from('{"a":"ü"}').toString('base64');
    expect(bodyOf(event({ body: base64, isBase64Encoded: true }))).toEqual({ json: { a: 'ü' } });
    for (const body of ['', undefined]) expect(bodyOf(event({ body }))).toEqual({ json: {} });
  });

  it.each([
    ['invalid_json', { body: '{' }],
    ['invalid_utf8', { body: Buffer.from('ff', 'hex').toString('base64'), isBase64Encoded: true }],
    ['unsupported_encoding', { body: '{}', headers: { 'content-encoding': 'gzip' } }],
  ])('is refused as %s', (code, change) => {
    expect(codeOf(bodyOf(event(change)) as { problem: { body: string } })).toBe(code);
  });

  it('is what its shape reads, or the problem of its first fault', () => {
    expect(parseBody(event({ body: '{"reason":"r"}' }), gapRequestShape)).toEqual({ value: { reason: 'r' } });
    const { problem } = parseBody(event({ body: '{"more":1}' }), gapRequestShape) as {
      problem: { body: string };
    };
    expect(JSON.parse(problem.body)).toMatchObject({ code: 'invalid_request', path: '/more' });
    expect(codeOf(parseBody(event({ body: '{' }), gapRequestShape) as never)).toBe('invalid_json');
  });
});

describe('the request as the log records it', () => {
  it('has its id, and the address it came from if that is known', () => {
    expect(viaOf(event({}))).toEqual({ id: 'r-1', ip_address: '192.0.2.7' });
    const unknown = { requestId: 'r-2', http: { sourceIp: '' } };
    expect(viaOf(event({ requestContext: unknown }))).toEqual({ id: 'r-2' });
  });
});
