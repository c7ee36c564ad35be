import { describe, expect, it } from 'vitest';
import { utf8Of } from '#cli/send/utf16.ts';

const decoded = async (bytes: Buffer, size: number): Promise<string> => {
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const parts: Buffer[] = [];
  for await (const part of utf8Of(chunks(), 'utf-16le')) parts.push(part);
  return Buffer.concat(parts).toString();
};

describe('UTF-16', () => {
  it.each([1, 2, 3, 64])('is the same in UTF-8, in chunks of %i bytes', async size => {
    expect(await decoded(Buffer.from('a🦩é', 'utf16le'), size)).toBe('a🦩é');
  });

  it.each([1, 2, 3, 64])(
    'keeps half a surrogate pair as its JSON escape, in chunks of %i bytes',
    async size => {
      expect(await decoded(Buffer.from('a\ud83eb\udda9', 'utf16le'), size)).toBe('a\\ud83eb\\udda9');
      expect(await decoded(Buffer.from('a\ud83e', 'utf16le'), size)).toBe('a\\ud83e');
    },
  );

  it('is reported if it ends within a character', async () => {
    await expect(decoded(Buffer.from([0x61, 0, 0x62]), 2)).rejects.toMatchObject({ exitCode: 3 });
  });
});
