import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readGzip } from '#domain/archive/gzip.ts';

const gzip = (text: string): Buffer => gzipSync(text);
const bound = 1_000_000;

describe('gzip', () => {
  it('is read in all of its members', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 4 }), texts => {
        const read = readGzip(Buffer.concat(texts.map(gzip)), bound);
        expect(read).toEqual({ text: Buffer.from(texts.join('')), members: texts.length });
      }),
    );
  });

  it('is not read if a byte of it is missing, changed or added', () => {
    const whole = gzip('one line\n'.repeat(20));
    for (let at = 0; at < whole.length; at++)
      expect(readGzip(whole.subarray(0, at), bound), `cut at ${at}`).toHaveProperty('fault');
    for (const at of [0, 1, 2, 3, whole.length - 8, whole.length - 1]) {
      const changed = Buffer.from(whole);
      changed[at]! ^= 1;
      expect(readGzip(changed, bound), `changed at ${at}`).toHaveProperty('fault');
    }
    expect(readGzip(Buffer.concat([whole, Buffer.from([0])]), bound)).toHaveProperty('fault');
  });

  it('is not read beyond a bound, over all members', () => {
    const member = gzip('x'.repeat(600));
    expect(readGzip(member, 600)).not.toHaveProperty('fault');
    expect(readGzip(Buffer.concat([member, member]), 1000)).toHaveProperty('fault');
  });
});
