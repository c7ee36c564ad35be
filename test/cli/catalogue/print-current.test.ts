import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventText } from '#test/support/builders.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

describe('annals catalogue current', () => {
  it('prints the bytes that came, and ends a line at 0x0A alone', async () => {
    const file = join(await temporaryDirectory(), 'events.ndjson');
    const bytes = Buffer.from(
      `\ufeff${eventText({ payload: { a: '\u2028\u2029\u0085', b: 'X' } })}\r\n\n{"action":"a.b",\r"n":1.10}`,
    );
    bytes[bytes.indexOf('X')] = 0xff;
    writeFileSync(file, bytes);
    const out = join(await temporaryDirectory(), 'out');
    const command = join(import.meta.dirname, '..', '..', '..', 'cli', 'annals.js');
    execFileSync('sh', ['-c', `"${process.execPath}" "${command}" catalogue current "${file}" > "${out}"`]);
    const expected = bytes.toString('latin1').replace('\n\n', '\n');
    expect(readFileSync(out, 'latin1')).toBe(`${expected}\n`);
  });
});
