import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitLines } from '#cli/send/event-lines.ts';

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The lines with their numbers; of a long one its parts are put together. */
const linesOf = async (bytes: Buffer, size = 7, maxBytes = 1000, readsParts = true) => {
  const lines: [number, string, 'long'?][] = [];
  for await (const line of splitLines(inChunks(bytes, size), maxBytes)) {
    if (line.bytes) lines.push([line.number, line.bytes.toString('latin1')]);
    else if (!readsParts) lines.push([line.number, '', 'long']);
    else {
      const parts: Buffer[] = [];
      for await (const part of line.parts) parts.push(part);
      lines.push([line.number, Buffer.concat(parts).toString('latin1'), 'long']);
    }
  }
  return lines;
};

describe('the lines of a file', () => {
  it('end at 0x0A alone: not at U+2028, U+2029, U+0085 or a lone CR', async () => {
    const text = '{"a":"\u2028\u2029\u0085\r\u000b\u000c"}\n{"b":1}';
    expect(await linesOf(Buffer.from(text))).toEqual([
      [1, Buffer.from('{"a":"\u2028\u2029\u0085\r\u000b\u000c"}').toString('latin1')],
      [2, '{"b":1}'],
    ]);
  });

  it('keep their bytes, also those that are not UTF-8, and the CR before their end', async () => {
    const bytes = Buffer.concat([Buffer.from([0x7b, 0xff, 0xc3, 0x28, 0x7d]), Buffer.from('\r\n{}\r\n')]);
    expect(await linesOf(bytes)).toEqual([
      [1, '{\u00ff\u00c3(}\r'],
      [2, '{}\r'],
    ]);
  });

  it('are counted with those that hold nothing but spaces or a byte order mark', async () => {
    expect(await linesOf(Buffer.from('\n  \r\n\ufeff\n1\n\n2'))).toEqual([
      [4, '1'],
      [6, '2'],
    ]);
    expect(await linesOf(Buffer.from(''))).toEqual([]);
    expect(await linesOf(Buffer.from('\n'))).toEqual([]);
  });

  it('put together again are the file, however it is cut into chunks', async () => {
    const byte = fc.constantFrom(0x0a, 0x0d, 0x20, 0x22, 0x7b, 0xe2, 0x80, 0xa8);
    await fc.assert(
      fc.asyncProperty(fc.array(byte), fc.integer({ min: 1, max: 9 }), async (bytes, size) => {
        const expected = Buffer.from(bytes)
          .toString('latin1')
          .split('\n')
          .map((text, at) => [at + 1, text] as const)
          .filter(([, text]) => text.trim() !== '');
        expect(await linesOf(Buffer.from(bytes), size)).toEqual(expected);
      }),
    );
  });

  it('are passed on in parts if they are too long for memory, and do not stop those behind them', async () => {
    const long = 'x'.repeat(1001);
    const text = `a\n${long}\nb\n${long}`;
    expect(await linesOf(Buffer.from(text))).toEqual([
      [1, 'a'],
      [2, long, 'long'],
      [3, 'b'],
      [4, long, 'long'],
    ]);
    // Nobody needs to read the parts.
    expect(await linesOf(Buffer.from(text), 7, 1000, false)).toEqual([
      [1, 'a'],
      [2, '', 'long'],
      [3, 'b'],
      [4, '', 'long'],
    ]);
    expect(await linesOf(Buffer.from('x'.repeat(1000)))).toHaveLength(1);
  });

  it('are read no further than is asked for, and let go of the file', async () => {
    let isReleased = false;
    const source = async function* (): AsyncGenerator<Buffer> {
      try {
        for (;;) yield Buffer.from('line\n');
      } finally {
        isReleased = true;
      }
    };
    for await (const { number } of splitLines(source(), 1000)) if (number === 3) break;
    expect(isReleased).toBe(true);
  });
});
