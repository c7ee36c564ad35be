import { describe, expect, it } from 'vitest';
import { Compactions } from '#aws/state/compactions.ts';
import { compactionKey, progressKey, recentKey } from '#domain/compact/layout.ts';
import { noProgress } from '#domain/compact/progress.ts';
import { noRecent } from '#domain/compact/recent.ts';
import { openBuckets } from '#test/support/world.ts';

describe('the records of compaction', () => {
  it('are replaced only as the version that was read', async () => {
    const { state } = await openBuckets();
    const compactions = new Compactions(state);
    const before = await compactions.get(3);
    expect(before).toEqual({ record: { format: 1, bucket: 3 }, etag: undefined });
    const next = { ...before.record, compacted_to: '2026-11-24' };
    expect(await compactions.put(next, before)).toBe(true);
    expect(await compactions.put(next, before)).toBe(false);
    expect((await compactions.get(3)).record).toEqual(next);
  });

  it('give the days of some months, in their order', async () => {
    const { state } = await openBuckets();
    const compactions = new Compactions(state);
    for (const month of ['2026-10', '2026-12']) {
      const before = await compactions.month(3, month);
      const day = { date: `${month}-07`, lanes: {} };
      expect(await compactions.putMonth({ ...before.record, days: [day] }, before)).toBe(true);
      expect(await compactions.putMonth(before.record, before)).toBe(false);
    }
    const days = await compactions.days(3, ['2026-10', '2026-11', '2026-12']);
    expect(days.map(({ date }) => date)).toEqual(['2026-10-07', '2026-12-07']);
  });

  it('keep the progress of a day, and begin anew if it is damaged', async () => {
    const { state } = await openBuckets();
    const compactions = new Compactions(state);
    const before = await compactions.progress(3);
    expect(before).toEqual({ record: undefined, etag: undefined });
    const progress = noProgress(3, '2026-11-24');
    expect(await compactions.putProgress(progress, before)).toBe(true);
    expect(await compactions.putProgress(progress, before)).toBe(false);
    const stored = await compactions.progress(3);
    expect(stored.record).toEqual(progress);
    await state.replace(progressKey(3), Buffer.from('{'), stored.etag);
    const damaged = await compactions.progress(3);
    expect(damaged.record).toBeUndefined();
    expect(await compactions.putProgress(progress, damaged)).toBe(true);
  });

  it('keep the runs of days that are not compacted, and begin anew if they are damaged', async () => {
    const { state } = await openBuckets();
    const compactions = new Compactions(state);
    const before = await compactions.recent(3);
    expect(before).toEqual({ record: undefined, etag: undefined });
    const recent = { ...noRecent(3), days: [{ date: '2026-11-24', lanes: {} }] };
    expect(await compactions.putRecent(recent, before)).toBe(true);
    expect(await compactions.putRecent(recent, before)).toBe(false);
    const stored = await compactions.recent(3);
    expect(stored.record).toEqual(recent);
    await state.replace(recentKey(3), Buffer.from('{"format":2}'), stored.etag);
    const damaged = await compactions.recent(3);
    expect(damaged.record).toBeUndefined();
    expect(await compactions.putRecent(recent, damaged)).toBe(true);
  });

  it('name their place and the cure if they are damaged', async () => {
    const { state } = await openBuckets();
    await state.create(compactionKey(3), Buffer.from('{"format":1}\n'));
    await expect(new Compactions(state).get(3)).rejects.toThrow(
      /compact\/bucket=03\/compaction\.json.*Delete it/,
    );
  });
});
