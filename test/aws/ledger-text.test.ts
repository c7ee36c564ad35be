import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readLedgerText } from '#aws/ledger-text.ts';
import { UnreadableRecord } from '#aws/state/record.ts';

const place = 's3://ledger/k';

describe('the text of an object of the ledger', () => {
  it('is unpacked', async () => {
    expect(await readLedgerText({ place, bytes: gzipSync('{"a":"é"}\n') })).toBe('{"a":"é"}\n');
  });

  it('is not unpacked beyond what archive writes, nor if it is not whole', async () => {
    const bytes = gzipSync(Buffer.alloc(2 * 1024 * 1024));
    await expect(readLedgerText({ place, bytes }, 1)).rejects.toThrow(
      `The record ${place} cannot be read: its text is larger than 1 MiB, and archive writes none that is. Restore it`,
    );
    expect(await readLedgerText({ place, bytes }, 2)).toHaveLength(2 * 1024 * 1024);
    for (const damaged of [bytes.subarray(0, -9), Buffer.from('x')])
      await expect(readLedgerText({ place, bytes: damaged })).rejects.toThrow(UnreadableRecord);
  });
});
