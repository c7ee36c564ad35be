import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUtf8, encodeWtf8, headOf, replacementBytes, wellFormed } from '#domain/json/utf8.ts';

const bytes = fc.array(
  fc.constantFrom(
    ...[0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef],
    ...[0xf0, 0xf1, 0xf4, 0xf5, 0xff],
  ),
  { maxLength: 12 },
);

describe('bytes that need not be UTF-8', () => {
  it('are decoded as every decoder of the web does it, and each replacement is known with its bytes', () => {
    fc.assert(
      fc.property(bytes, list => {
        const sent = Buffer.from(list);
        const { text, replaced } = decodeUtf8(sent);
        expect(text).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(sent));
        let length = Buffer.byteLength(text);
        replaced.at.forEach((at, i) => {
          expect(text[at]).toBe('\ufffd');
          length += replaced.bytes[i]! - replacementBytes;
        });
        expect(length).toBe(sent.length);
        const own = text.split('\ufffd').length - 1 - replaced.at.length;
        expect(own).toBe(sent.toString('latin1').split('\u00ef\u00bf\u00bd').length - 1);
      }),
      { numRuns: 5000 },
    );
  });

  it('are what they say if they are UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const { text: decoded, replaced } = decodeUtf8(Buffer.from(text));
        expect(decoded).toBe(text);
        expect(replaced.at).toHaveLength(0);
      }),
    );
  });

  it('take only what they need, even if each is replaced', () => {
    const { text, replaced } = decodeUtf8(Buffer.alloc(4 * 1024 * 1024, 0xff));
    expect(replaced.at).toHaveLength(text.length);
  });
});

describe('text that UTF-8 cannot hold', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '\ud83e', '\udda9', '🦩', '\uffff') });

  it('becomes text that it can, and it is known where', () => {
    fc.assert(
      fc.property(text, sent => {
        const { text: mended, replaced } = wellFormed(sent);
        expect(mended).toBe(Buffer.from(sent).toString());
        expect([...replaced.at]).toEqual([...sent.matchAll(/\p{Cs}/gu)].map(({ index }) => index));
      }),
    );
  });

  it('has bytes of its own in WTF-8', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(encodeWtf8(a).equals(encodeWtf8(b))).toBe(a === b);
        if (a.isWellFormed()) expect(encodeWtf8(a)).toEqual(Buffer.from(a));
      }),
    );
    expect(encodeWtf8('\ud800x\udfff🦩').toString('hex')).toBe('eda08078edbfbff09fa6a9');
  });
});

describe('the head of bytes', () => {
  it('is the longest beginning of whole characters that fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(20), (text, length) => {
        const head = headOf(Buffer.from(text), length);
        expect(text.startsWith(head)).toBe(true);
        expect(Buffer.byteLength(head)).toBeLessThanOrEqual(length);
        const [next = ''] = text.slice(head.length);
        const longer =
          head + (text.codePointAt(head.length)! > 0xffff ? text.slice(head.length, head.length + 2) : next);
        if (head !== text) expect(Buffer.byteLength(longer)).toBeGreaterThan(length);
      }),
    );
  });
});
