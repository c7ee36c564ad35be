import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ObjectText, stretchBytes } from '#aws/ledger-object.ts';
import { instantOf } from '#domain/time.ts';
import { filed } from '#test/support/builders.ts';
import { readOneMember } from '#test/support/gzip-member.ts';

const at = (n: number) => instantOf(1_700_000_000_000_000_000n + BigInt(n));
const lineOf = (bytes: number, n: number) => Buffer.from(`{"n":"${String(n).padEnd(bytes, '=')}"}`);

const objectOf = (lines: readonly Buffer[]) => {
  const text = new ObjectText();
  lines.forEach((line, n) => void text.add(line, at(n)));
  return text.end();
};
const textOf = (lines: readonly Buffer[]) =>
  Buffer.concat(lines.map((line, n) => filed(line.toString(), at(n))));

describe('the text of an object', () => {
  it('is one gzip member, whatever the sizes of its lines, and hashed as the text that it is', async () => {
    const sizes = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 2000 }) },
      { weight: 2, arbitrary: fc.integer({ min: 100_000, max: 2 * stretchBytes }) },
      { weight: 1, arbitrary: fc.constantFrom(stretchBytes - 58, stretchBytes - 57, stretchBytes) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(sizes, { maxLength: 12 }), async given => {
        const lines = given.map(lineOf);
        const { bytes, textSha256 } = await objectOf(lines);
        expect(readOneMember(bytes).equals(textOf(lines))).toBe(true);
        expect(gunzipSync(bytes).equals(textOf(lines))).toBe(true);
        expect(textSha256).toBe(createHash('sha256').update(textOf(lines)).digest('hex'));
      }),
      { numRuns: 60 },
    );
  });

  it('is the same bytes each time', async () => {
    const lines = Array.from({ length: 2000 }, (_, n) => lineOf(n, n));
    const [first, second] = await Promise.all([objectOf(lines), objectOf(lines)]);
    expect(first.bytes.equals(second.bytes)).toBe(true);
    expect(first.bytes.length).toBeLessThan(gzipSync(textOf(lines)).length * 1.05);
  });
});

describe('the reader of one member', () => {
  const member = gzipSync('text\n');
  it.each([
    ['a second member', Buffer.concat([member, member])],
    ['a byte behind it', Buffer.concat([member, Buffer.from([0])])],
    ['a cut trailer', member.subarray(0, -1)],
    ['another checksum', Buffer.concat([member.subarray(0, -8), Buffer.alloc(4), member.subarray(-4)])],
  ])('does not take %s', (_, bytes) => {
    expect(() => readOneMember(bytes)).toThrow();
  });
});
