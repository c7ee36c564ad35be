import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { installedCatalogue } from '#catalogue/bundled.ts';
import { parseRequestBody, type Verdict } from '#domain/receive/body.ts';
import { maxRequestBytes } from '#domain/receive/limits.ts';
import { eventText, latest } from '#test/support/builders.ts';

const parse = (bytes: Buffer | string, contentType = 'application/json', contentEncoding = '') => {
  const verdicts: Verdict[] = [];
  const problem = parseRequestBody(
    { bytes, contentType, contentEncoding },
    {
      latest,
      judge: event => installedCatalogue.judge(event, { isStrict: false, isPayloadStrict: false }),
    },
    (verdict, index) => {
      expect(index).toBe(verdicts.length);
      verdicts.push(verdict);
    },
  );
  return problem ?? verdicts;
};
const codes = (result: ReturnType<typeof parse>) =>
  Array.isArray(result) ? result.map(({ refusal }) => refusal?.code ?? 'ok') : result.code;

describe('the text of a body', () => {
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
  });

  it.each<[string, (bytes: string) => Buffer]>([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['GZIP', gzipSync],
    ['identity, gzip', gzipSync],
    ['gzip , Identity', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['identity,deflate', deflateRawSync],
    ['identity', Buffer.from],
    [' , ', Buffer.from],
  ])('is taken as Content-Encoding: %s', (encoding, encode) => {
    expect(codes(parse(encode(eventText()), 'application/json', encoding))).toEqual(['ok']);
  });

  it.each(['br', 'zstd', 'gzip, gzip', 'gzip, deflate', 'gzipped'])(
    'is refused as Content-Encoding: %s, naming those that are taken',
    encoding => {
      expect(parse('x', '', encoding)).toMatchObject({
        status: 415,
        code: 'unsupported_encoding',
        message: expect.stringContaining('gzip, deflate'),
      });
    },
  );

  it('is refused as deflate data that is not whole, and limited after inflating', () => {
    for (const encode of [deflateSync, deflateRawSync]) {
      expect(parse(encode(eventText()).subarray(0, 40), '', 'deflate')).toMatchObject({
        status: 400,
        code: 'invalid_deflate',
      });
      expect(parse(encode(' '.repeat(maxRequestBytes + 1)), '', 'deflate')).toMatchObject({
        status: 413,
        code: 'body_too_large',
      });
    }
  });
});
