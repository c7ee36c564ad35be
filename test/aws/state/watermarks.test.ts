import { describe, expect, it } from 'vitest';
import { Watermarks } from '#aws/state/watermarks.ts';
import { noWatermark, type Watermark } from '#domain/archive/watermark.ts';
import { countingBucket } from '#test/support/counting-client.ts';
import { openBuckets } from '#test/support/world.ts';

const stream = 'annals@2026-01-01T00:00:00.000000000Z';
const watermark = (sequence: string): Watermark => ({ sequence, filed: {} });

describe('the watermarks of the shards', () => {
  it('are written only as the version that was read', async () => {
    const { state } = await openBuckets();
    const watermarks = new Watermarks(state);
    const before = await watermarks.get(stream, 'a');
    expect(before).toEqual({ watermark: noWatermark, etag: undefined });
    expect(await watermarks.put(stream, 'a', watermark('7'), before)).toBe(true);
    expect(await watermarks.put(stream, 'a', watermark('5'), before)).toBe(false);
    expect((await watermarks.get(stream, 'a')).watermark.sequence).toBe('7');
  });

  it('say of records whether all of them are filed', async () => {
    const { state } = await openBuckets();
    const watermarks = new Watermarks(state);
    await watermarks.put(stream, 'a', watermark('7'), await watermarks.get(stream, 'a'));
    const at = (shard: string, sequence: string) => ({ bucket: 0, stream, shard, sequence });
    expect(await watermarks.haveReached([at('a', '7'), at('a', '3')])).toBe(true);
    expect(await watermarks.haveReached([at('a', '7'), at('a', '8')])).toBe(false);
    expect(await watermarks.haveReached([at('a', '7'), at('b', '1')])).toBe(false);
  });

  it('are read a few at once, however many shards there are', async () => {
    const { state, cost } = countingBucket();
    const watermarks = new Watermarks(state);
    for (let n = 0; n < 200; n++)
      await watermarks.put(stream, `s-${n}`, watermark('1'), { watermark: noWatermark, etag: undefined });
    const { result, lists, gets, mostAtOnce } = await cost(() => watermarks.all());
    expect(result).toHaveLength(200);
    expect([lists, gets]).toEqual([1, 200]);
    expect(mostAtOnce).toBeLessThanOrEqual(16);
  });
});
