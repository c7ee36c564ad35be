import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { maxRequestBytes } from '#domain/receive/limits.ts';
import { eventText } from '#test/support/builders.ts';
import { codesOf, parseBody } from '#test/support/parse-body.ts';

describe('the text of a body', () => {
  it('is taken gzipped, and limited after inflating', () => {
    expect(codesOf(parseBody(gzipSync(eventText()), 'application/json', 'gzip'))).toEqual(['ok']);
    expect(parseBody(gzipSync(' '.repeat(maxRequestBytes + 1)), '', 'gzip')).toMatchObject({
      status: 413,
      code: 'body_too_large',
    });
    expect(parseBody(gzipSync(eventText()).subarray(0, 40), '', 'gzip')).toMatchObject({
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
    expect(codesOf(parseBody(encode(eventText()), 'application/json', encoding))).toEqual(['ok']);
  });

  it.each(['br', 'zstd', 'gzip, gzip', 'gzip, deflate', 'gzipped'])(
    'is refused as Content-Encoding: %s, naming those that are taken',
    encoding => {
      expect(parseBody('x', '', encoding)).toMatchObject({
        status: 415,
        code: 'unsupported_encoding',
        message: expect.stringContaining('gzip, deflate'),
      });
    },
  );

  it('is refused as deflate data that is not whole, and limited after inflating', () => {
    for (const encode of [deflateSync, deflateRawSync]) {
      expect(parseBody(encode(eventText()).subarray(0, 40), '', 'deflate')).toMatchObject({
        status: 400,
        code: 'invalid_deflate',
      });
      expect(parseBody(encode(' '.repeat(maxRequestBytes + 1)), '', 'deflate')).toMatchObject({
        status: 413,
        code: 'body_too_large',
      });
    }
  });
});
