import { describe, expect, it } from 'vitest';
import { LedgerDays } from '#aws/ledger-days.ts';
import { objectKey } from '#domain/archive/layout.ts';
import type { Instant } from '#domain/time.ts';

const at = (time: string, day = '23'): Instant => `2026-11-${day}T${time}.000000000Z`;
const day = { lane: 'ontime', bucket: 3, date: '2026-11-23' } as const;
const keyAt = (firstFiledAt: Instant, lane: 'ontime' | 'late' = 'ontime'): string =>
  objectKey({
    lane,
    bucket: 3,
    firstFiledAt,
    stream: 's',
    shard: 'shardId-000000000000',
    firstSequence: '1',
    lastSequence: '1',
    textSha256: 'ab'.repeat(32),
  });
const oldKeyAt = (time: string): string =>
  `events/lane=ontime/bucket=03/date=2026-11-23/${at(time)}-shardId-000000000000-1-1-deadbeef.json.gz`;

const openDays = (keys: string[]) => {
  const listed: string[] = [];
  const days = new LedgerDays({
    async *list(prefix, startAfter = '') {
      listed.push(prefix);
      for (const key of [...keys].sort())
        if (key.startsWith(prefix) && key > startAfter)
          yield { key, bytes: 1, etag: '', writtenAt: new Date(0) };
    },
  });
  const times = async (completeTo: Instant) =>
    (await days.objects(day, completeTo)).map(({ firstFiledAt }) => firstFiledAt.slice(11, 19));
  return { days, listed, times };
};

describe('the days of the ledger', () => {
  it('hold what was filed before an end, in names of today and before, the newest first', async () => {
    const { times } = openDays([
      keyAt(at('10:00:00')),
      oldKeyAt('11:00:00'),
      keyAt(at('12:00:00')),
      `${keyAt(at('13:00:00'))}.x`,
    ]);
    expect(await times(at('23:00:00'))).toEqual(['12:00:00', '11:00:00', '10:00:00']);
    expect(await times(at('12:00:00'))).toEqual(['11:00:00', '10:00:00']);
  });

  it('are listed again only for what is new, and never once they are over', async () => {
    const keys = [keyAt(at('10:00:00')), oldKeyAt('10:30:00')];
    const { times, listed } = openDays(keys);
    expect(await times(at('10:45:00'))).toEqual(['10:30:00', '10:00:00']);
    keys.push(keyAt(at('10:50:00')), keyAt(at('10:45:00')));
    expect(await times(at('11:00:00'))).toEqual(['10:50:00', '10:45:00', '10:30:00', '10:00:00']);
    expect(await times(at('10:45:00'))).toEqual(['10:30:00', '10:00:00']);
    expect(await times(at('00:00:01', '24'))).toHaveLength(4);
    const before = listed.length;
    expect(await times(at('00:00:02', '24'))).toHaveLength(4);
    expect(await times(at('00:00:00', '30'))).toHaveLength(4);
    expect(listed).toHaveLength(before);
  });

  it('begin with the first on which a bucket has anything, in either lane', async () => {
    const keys: string[] = [];
    const { days, listed } = openDays(keys);
    expect(await days.firstDay(3)).toBeUndefined();
    keys.push(keyAt(at('10:00:00')), keyAt(at('10:00:00', '21'), 'late'));
    expect(await days.firstDay(3)).toBe('2026-11-21');
    const before = listed.length;
    expect(await days.firstDay(3)).toBe('2026-11-21');
    expect(listed).toHaveLength(before);
    expect(await days.firstDay(2)).toBeUndefined();
  });
});
