import { readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DataDirectoryError } from '#embedded/data-directory.ts';
import { encodeFrame } from '#embedded/stream/frame.ts';
import { isSegmentName, lastOfSegment, recoverSegment, segmentName } from '#embedded/stream/segment.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const frame = (sequence: bigint) =>
  encodeFrame({ sequence, arrivalMs: Number(sequence), partitionKey: 'k', data: Buffer.from('text') });
const segmentOf = async (...parts: Buffer[]) => {
  const path = join(await temporaryDirectory(), segmentName(7n));
  const bytes = Buffer.concat(parts);
  await writeFile(path, bytes);
  return { path, first: 7n, bytes: bytes.length };
};
const quiet = (): void => undefined;

describe('a segment', () => {
  it('is named after its first record, so that names sort as records do', () => {
    expect(segmentName(7n)).toBe('00000000000000000007.log');
    expect(segmentName(9n) < segmentName(10n)).toBe(true);
    expect(isSegmentName(segmentName(7n))).toBe(true);
    expect(isSegmentName(`${segmentName(7n)}.torn-1`)).toBe(false);
  });

  it('says its last record', async () => {
    expect(await lastOfSegment(await segmentOf(frame(7n), frame(8n)))).toBe(8n);
    expect(await lastOfSegment(await segmentOf())).toBe(6n);
  });

  it('whose record cannot be read is named, with the byte', async () => {
    const segment = await segmentOf(frame(7n), Buffer.from('nonsense'));
    await expect(lastOfSegment(segment)).rejects.toThrow(
      `${segment.path} is damaged at byte ${frame(7n).length}`,
    );
  });
});

describe('the recovery of a segment', () => {
  it('cuts off what a crash left of a record, keeps its bytes, and says so', async () => {
    const said: string[] = [];
    const { path } = await segmentOf(frame(7n), frame(8n).subarray(0, 15));
    const recovered = await recoverSegment(path, 7n, (_, message) => void said.push(message));
    expect(recovered).toEqual({ bytes: frame(7n).length, last: 7n, lastArrivalMs: 7 });
    expect(said).toHaveLength(1);
    expect((await readdir(dirname(path))).sort()).toEqual([
      basename(path),
      expect.stringContaining(`${basename(path)}.torn-`),
    ]);
    expect(await recoverSegment(path, 7n, quiet)).toEqual(recovered);
  });

  it('cuts off nothing if whole records stand behind the damage', async () => {
    const segment = await segmentOf(frame(7n), Buffer.from('nonsense'), frame(9n));
    await expect(recoverSegment(segment.path, 7n, quiet)).rejects.toThrow(DataDirectoryError);
    await expect(recoverSegment(segment.path, 7n, quiet)).rejects.toThrow('whole records stand behind it');
  });
});
