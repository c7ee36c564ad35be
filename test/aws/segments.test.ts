import { rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { Ledger } from '#aws/ledger.ts';
import { Segments, segmentsSha256 } from '#aws/segments.ts';
import { Compactions } from '#aws/state/compactions.ts';
import { bucketOf } from '#domain/archive/bucket.ts';
import { compactionKey, factsKey } from '#domain/compact/layout.ts';
import type { Days } from '#domain/export/reads.ts';
import { compactDays } from '#test/support/compacted.ts';
import { dayOf, fileEvents, november } from '#test/support/filed-days.ts';
import { openBuckets } from '#test/support/world.ts';

const bucket = bucketOf('acme', 32);
const both = (first: number, last: number): Days[] =>
  (['ontime', 'late'] as const).map(lane => ({ lane, first: dayOf(first), last: dayOf(last) }));

/** Five days with an event each, the third with late ones too; all but the last are compacted. */
const open = async () => {
  const places = await openBuckets();
  const { ledger, state, views } = places;
  await fileEvents(ledger, [
    ...[20, 21, 22, 23, 24].map(day => ({ n: day, scope: 'acme', filedAt: november(day) })),
    { n: 1, scope: 'acme', filedAt: november(22, '13:00:00'), daysBefore: 5 },
    { n: 2, scope: 'acme', filedAt: november(22, '14:00:00'), daysBefore: 9 },
  ]);
  const facts = await compactDays(places, { bucket, upTo: dayOf(23) });
  const segments = new Segments({ compactions: new Compactions(state), views, ledger: new Ledger(ledger) });
  const segmentOf = (day: number, lane: 'ontime' | 'late' = 'ontime') =>
    facts.find(({ date }) => date === dayOf(day))!.lanes[lane]!.segments[0]!;
  return { ...places, facts, segments, segmentOf };
};

const dates = ({ days }: { days: readonly { lane: string; date: string }[] }) =>
  days.map(({ lane, date }) => `${lane} ${date.slice(8)}`);

describe('segments', () => {
  it('are proven for the days asked, as far as the bucket is compacted', async () => {
    const { segments } = await open();
    const all = await segments.prove(bucket, both(1, 30));
    expect(all).toMatchObject({ compactedTo: dayOf(23), faults: [] });
    expect(dates(all)).toEqual(['ontime 20', 'ontime 21', 'ontime 22', 'ontime 23', 'late 22']);
    const some = await segments.prove(bucket, both(21, 22));
    expect(some.compactedTo).toBe(dayOf(22));
    expect(dates(some)).toEqual(['ontime 21', 'ontime 22', 'late 22']);
    expect(dates(await segments.prove(bucket, both(1, 30), dayOf(20)))).toEqual(['ontime 20']);
    expect(await segments.prove(bucket, both(24, 30))).toEqual({
      compactedTo: undefined,
      days: [],
      faults: [],
    });
    expect(await segments.prove(bucket + 1, both(1, 30))).toMatchObject({ compactedTo: undefined });
  });

  type World = Awaited<ReturnType<typeof open>>;
  it.each<[string, number, (world: World) => Promise<unknown>]>([
    ['is missing', 22, ({ views, segmentOf }) => views.delete(segmentOf(22).key)],
    ['is missing in lane late', 22, ({ views, segmentOf }) => views.delete(segmentOf(22, 'late').key)],
    [
      'was cut',
      21,
      async ({ s3, views, segmentOf }) => {
        const { bytes } = (await views.get(segmentOf(21).key))!;
        await writeFile(s3.pathOf('views', segmentOf(21).key), bytes.subarray(1));
      },
    ],
    [
      'was replaced by as many other bytes',
      21,
      ({ s3, segmentOf }) =>
        writeFile(s3.pathOf('views', segmentOf(21).key), Buffer.alloc(segmentOf(21).bytes)),
    ],
    [
      'has a foreign one beside it',
      23,
      ({ views }) =>
        views.create(
          `segments/lane=ontime/bucket=${bucket}/date=${dayOf(23)}/1-00000000.parquet`,
          Buffer.from('x'),
        ),
    ],
    [
      'was put into a day on which nothing was filed',
      19,
      ({ views }) =>
        views.create(`segments/lane=late/bucket=${bucket}/date=${dayOf(19)}/x`, Buffer.from('x')),
    ],
    [
      'is of other objects than the ledger has',
      23,
      ({ ledger }) => fileEvents(ledger, [{ n: 99, scope: 'acme', filedAt: november(23, '23:00:00') }]),
    ],
    [
      'is of fewer days than the ledger has',
      22,
      ({ ledger }) =>
        fileEvents(ledger, [{ n: 98, scope: 'acme', filedAt: november(22, '23:00:00'), daysBefore: 3 }]),
    ],
    ['has lost its facts', 20, ({ state }) => state.delete(factsKey(bucket, '2026-11'))],
  ])('are proven up to the day before a segment that %s', async (_, day, damage) => {
    const world = await open();
    await damage(world);
    const { compactedTo, days, faults } = await world.segments.prove(bucket, both(1, 30));
    expect(faults).toContainEqual({ bucket, date: dayOf(day), reason: expect.any(String) });
    // 20 is the first day of the ledger; before it there is nothing to be compacted.
    expect(compactedTo).toBe(dayOf(day - 1));
    expect(days.every(({ date }) => date < dayOf(day))).toBe(true);
  });

  it('are used of a day of which the ledger has lost objects: they hold the last copy', async () => {
    const { segments, ledger, s3 } = await open();
    for (const date of [dayOf(22), dayOf(23)])
      for (const lane of ['ontime', 'late'] as const)
        for (const key of await new Ledger(ledger).keysOf(lane, bucket, date))
          await rm(s3.pathOf('ledger', key));
    expect(await segments.prove(bucket, both(1, 30))).toMatchObject({ compactedTo: dayOf(23), faults: [] });
  });

  it('are not used at all if a record about them is damaged', async () => {
    for (const key of [compactionKey(bucket), factsKey(bucket, '2026-11')]) {
      const { state, segments } = await open();
      const { etag } = (await state.get(key))!;
      await state.replace(key, Buffer.from('{'), etag);
      const proven = await segments.prove(bucket, both(1, 30));
      expect(proven).toMatchObject({
        days: [],
        faults: [{ reason: expect.stringContaining('cannot be read') }],
      });
    }
  });

  it('are those that were written if only the version of a file is another, as in a copied directory', async () => {
    const { s3, views, segments, segmentOf } = await open();
    const { key } = segmentOf(21);
    const { bytes } = (await views.get(key))!;
    await views.delete(key);
    await views.create(key, bytes);
    expect(s3.pathOf('views', key)).toContain('date=2026-11-21');
    expect(await segments.prove(bucket, both(1, 30))).toMatchObject({ compactedTo: dayOf(23), faults: [] });
  });

  it('have a hash that tells them from others', async () => {
    const { segments } = await open();
    const { days } = await segments.prove(bucket, both(1, 30));
    expect(segmentsSha256(days)).toMatch(/^[0-9a-f]{64}$/);
    expect(segmentsSha256(days)).toBe(segmentsSha256((await segments.prove(bucket, both(1, 30))).days));
    expect(segmentsSha256(days.slice(1))).not.toBe(segmentsSha256(days));
    expect(segmentsSha256([])).toBeUndefined();
  });

  it('tell the least time of the late rows that were filed in a window', async () => {
    const { segments, views, segmentOf } = await open();
    const { days } = await segments.prove(bucket, [{ lane: 'late', first: dayOf(1), last: dayOf(30) }]);
    const least = (from: string | undefined, to: string, scope = 'acme') =>
      segments.leastLate(scope, days, { from, to });
    expect(await least(undefined, november(23))).toEqual({ least: november(13, '14:00:00') });
    expect(await least(undefined, november(22, '14:00:00'))).toEqual({ least: november(17, '13:00:00') });
    expect(await least(november(22, '13:00:01'), november(23))).toEqual({ least: november(13, '14:00:00') });
    expect(await least(november(23), november(24))).toEqual({ least: undefined });
    expect(await least(undefined, november(23), 'other')).toEqual({ least: undefined });
    await views.delete(segmentOf(22, 'late').key);
    expect(await least(undefined, november(23))).toMatchObject({ damaged: dayOf(22) });
  });
});
