import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeFrame, hasFrameBehind } from '#embedded/stream/frame.ts';

const record = (sequence: bigint, text = 'text') => ({
  sequence,
  arrivalMs: 1_700_000_000_000,
  partitionKey: 'bucket=é',
  data: Buffer.from(text),
});

describe('a frame', () => {
  it('is its record, and says where the next one begins', () => {
    const first = encodeFrame(record(1n));
    const bytes = Buffer.concat([first, encodeFrame(record(2n, ''))]);
    expect(decodeFrame(bytes, 0)).toEqual({ record: record(1n), next: first.length });
    expect(decodeFrame(bytes, first.length)).toEqual({ record: record(2n, ''), next: bytes.length });
    expect(decodeFrame(bytes, bytes.length)).toBeUndefined();
  });

  it('that was cut anywhere is not a record', () => {
    const bytes = encodeFrame(record(1n));
    for (let length = 0; length < bytes.length; length++)
      expect(decodeFrame(bytes.subarray(0, length), 0), String(length)).toBeUndefined();
  });

  it('with a changed byte anywhere is not a record', () => {
    const whole = encodeFrame(record(1n));
    for (let at = 0; at < whole.length; at++) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 0xff;
      expect(decodeFrame(bytes, 0), String(at)).toBeUndefined();
    }
  });
});

describe('bytes that are not a record', () => {
  it('are damage if a later record is behind them, and a cut write if not', () => {
    const torn = encodeFrame(record(5n)).subarray(0, 20);
    expect(hasFrameBehind(torn, 0, 4n)).toBe(false);
    expect(hasFrameBehind(Buffer.concat([torn, encodeFrame(record(6n))]), 0, 4n)).toBe(true);
    // One that stands there by chance is not later.
    expect(hasFrameBehind(Buffer.concat([torn, encodeFrame(record(4n))]), 0, 4n)).toBe(false);
  });
});
