import { describe, expect, it } from 'vitest';
import { Gaps } from '#aws/state/gaps.ts';
import { isReported } from '#domain/archive/gap.ts';
import { gapEndKey, onFailurePrefix, quarantineKey } from '#domain/archive/layout.ts';
import { countingBucket } from '#test/support/counting-client.ts';
import { collect, openBuckets } from '#test/support/world.ts';

const at = (n: number) => `2026-11-23T12:00:00.00000000${n}Z`;
const quarantined = (n: number, bucket = 7) =>
  quarantineKey({
    bucket,
    filedAt: at(n),
    stream: 'annals@x',
    shard: 's',
    sequence: String(n),
    line: undefined,
  });
const givenUp = `${onFailurePrefix}esm/shard/2026/11/23/x`;
const failure = (...buckets: string[]) => ({
  payload: JSON.stringify({
    Records: buckets.map(bucket => ({
      kinesis: { partitionKey: `bucket=${bucket}`, approximateArrivalTimestamp: Date.parse(at(0)) / 1000 },
    })),
  }),
});
const end = { ended_at: at(9), how: 'dismissed', by: 'o', reason: 'r' } as const;

const open = async () => {
  const { aside, state } = await openBuckets();
  const put = (place: typeof aside, key: string, content: unknown = {}) =>
    place.create(key, Buffer.from(JSON.stringify(content)));
  return { aside, state, put, gaps: new Gaps(aside, state, 32) };
};
const soon = () => new Date(Date.now() + 60_000);

describe('gaps', () => {
  it('are those of the place aside and those that the state holds of before, each once, in order', async () => {
    const { aside, state, put, gaps } = await open();
    await put(aside, quarantined(1));
    await put(state, quarantined(2));
    for (const place of [aside, state]) await put(place, quarantined(3));
    await put(aside, quarantined(4));
    await put(state, givenUp, failure('07'));
    const all = [1, 2, 3, 4].map(n => quarantined(n));
    expect(await collect(gaps.open())).toEqual([...all, givenUp]);
    expect(await collect(gaps.open(quarantined(2)))).toEqual([...all.slice(2), givenUp]);
    expect(await collect(gaps.open(givenUp))).toEqual([]);
    expect((await gaps.of([7])).map(({ cause }) => cause)).toEqual([...all, givenUp]);
    expect(
      (await gaps.of([8])).map(({ bucket }) => bucket),
      'of another bucket',
    ).toEqual([7]);
    for (const cause of [...all, givenUp]) {
      expect(await gaps.read(cause)).toBeDefined();
      await gaps.end(cause, end);
    }
    expect(await collect(gaps.open())).toEqual([]);
  });

  it('are listed for each question, however many have ended before', async () => {
    const { state, put, cost } = countingBucket();
    const aside = countingBucket();
    const cause = (n: number) =>
      quarantineKey({
        bucket: 7,
        filedAt: at(1),
        stream: 'annals@x',
        shard: 's',
        sequence: String(100_000 + n),
        line: undefined,
      });
    for (let n = 0; n < 3000; n++) {
      aside.put(cause(n), {});
      if (n % 3 !== 0) put(gapEndKey(cause(n)), end);
    }
    // An end of something that is deleted by now.
    put(
      gapEndKey(
        quarantineKey({
          bucket: 7,
          filedAt: at(0),
          stream: 'annals@x',
          shard: 's',
          sequence: '1',
          line: undefined,
        }),
      ),
      end,
    );
    const gaps = new Gaps(aside.state, state, 32);
    expect(await collect(gaps.open())).toEqual(Array.from({ length: 1000 }, (_, n) => cause(3 * n)));
    const { result, keysListed } = await cost(() => collect(gaps.open(cause(2990))));
    expect(result).toEqual([2991, 2994, 2997].map(cause));
    expect(keysListed).toBeLessThan(10);
  });

  it('are still reported after the records that were put aside are deleted, by the record of their end', async () => {
    const { aside, put, gaps } = await open();
    await put(aside, quarantined(1));
    await put(aside, givenUp, failure('07', '08'));
    const before = await gaps.of([7, 8]);
    await gaps.end(quarantined(1), end);
    await gaps.end(givenUp, end);
    await gaps.forgetEnded(soon());
    expect(await collect(aside.list(''))).toEqual([]);
    const after = await gaps.of([7, 8]);
    const byCause = (gap: object) => JSON.stringify(gap);
    expect(after.map(byCause).sort()).toEqual(before.map(gap => byCause({ ...gap, endedAt: at(9) })).sort());
    for (const gap of after) {
      expect(isReported(gap, [7, 8], undefined, at(9)), 'an answer that was frozen before the end').toBe(
        true,
      );
      expect(isReported(gap, [7, 8], undefined, '2026-11-24T00:00:00.000000000Z')).toBe(false);
    }
    expect(await gaps.endOf(givenUp)).toEqual(end);
  });

  it('keep their records while they are open, and for a time after their end', async () => {
    const { aside, state, put, gaps } = await open();
    for (const n of [1, 2]) await put(aside, quarantined(n));
    await gaps.end(quarantined(2), end);
    await gaps.forgetEnded(new Date(Date.now() - 60_000));
    expect(await collect(aside.list(''))).toHaveLength(2);
    await gaps.forgetEnded(soon());
    expect((await collect(aside.list(''))).map(({ key }) => key)).toEqual([quarantined(1)]);
    expect((await state.get(gapEndKey(quarantined(2))))!.bytes.toString()).toContain(
      `"gaps":[{"bucket":7,"filed_at":"${at(2)}"}],` +
        '"sha256":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"',
    );
  });

  it('keep their records if their end does not say what it hid, or if they are in the state', async () => {
    const { aside, state, put, gaps } = await open();
    await put(aside, givenUp, failure('07'));
    await put(state, gapEndKey(givenUp), end);
    await put(state, quarantined(1));
    await gaps.end(quarantined(1), end);
    await gaps.forgetEnded(soon());
    expect(await gaps.read(givenUp)).toBeDefined();
    expect(await gaps.read(quarantined(1))).toBeDefined();
  });

  it('stay ended if a repeated batch puts the same record aside again', async () => {
    const { aside, put, gaps } = await open();
    await put(aside, quarantined(1));
    await gaps.end(quarantined(1), end);
    await gaps.forgetEnded(soon());
    await put(aside, quarantined(1));
    expect(await collect(gaps.open())).toEqual([]);
    expect(await gaps.of([7])).toMatchObject([{ endedAt: at(9) }]);
  });

  it.each([
    'exports/x',
    'quarantine',
    'quarantine/../x',
    'quarantine//x',
    'quarantine/a\\b',
    'quarantine/ü',
    '',
  ])('are not at %j', async cause => {
    const { gaps } = await open();
    expect(await gaps.read(cause)).toBeUndefined();
    expect(await gaps.endOf(cause)).toBeUndefined();
  });
});
