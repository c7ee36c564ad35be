import { describe, expect, it } from 'vitest';
import { allBuckets } from '#domain/archive/bucket.ts';
import { noRecent } from '#domain/compact/recent.ts';
import { addDays, type Instant } from '#domain/time.ts';
import { firstDayOf, piecesOf } from '#functions/workflows/read-day.ts';
import { buckets, openBrowseWorld, uuid } from '#test/support/browse-world.ts';

const at = (time: string): Instant => `2026-11-23T${time}.000000000Z`;

describe('a day', () => {
  it('has the objects of the lanes that a window needs, those filed last first', async () => {
    const { world, file } = await openBrowseWorld();
    const event = (n: number, occurredAt: Instant, filedAt: Instant) => ({
      id: uuid(n),
      occurredAt,
      filedAt,
      scope: `s-${n}`,
    });
    await file(
      [
        event(1, at('10:00:00'), at('10:00:01')),
        event(2, at('11:00:00'), at('11:00:01')),
        event(3, addDays(at('10:00:00'), -3), at('12:00:00')),
      ],
      at('23:00:00'),
    );
    const query = {
      buckets: allBuckets(buckets),
      completeTo: at('23:00:00'),
      from: undefined,
      to: at('23:00:00'),
      selected: undefined,
      columns: [],
      compactions: new Map(),
      compactedTo: undefined,
      recent: async (bucket: number) => noRecent(bucket),
    };
    const times = async (change: object) =>
      (await piecesOf(world, '2026-11-23', { ...query, ...change })).map(({ firstFiledAt }) =>
        firstFiledAt.slice(11, 19),
      );
    expect(await times({})).toEqual(['12:00:00', '11:00:01', '10:00:01']);
    expect(await times({ to: addDays(at('10:00:00'), -2) })).toEqual(['12:00:00']);
    expect(await times({ from: addDays(at('10:00:00'), 1) })).toEqual(['11:00:01', '10:00:01']);
    expect(await times({ completeTo: at('11:00:00') })).toEqual(['10:00:01']);
    expect(await firstDayOf(world, query)).toBe('2026-11-23');
    expect(await firstDayOf(world, { ...query, buckets: [] })).toBeUndefined();
  });
});
