import { describe, expect, it } from 'vitest';
import { Compactions } from '#aws/state/compactions.ts';
import { forgetCompaction } from '#cli/move/forget-compaction.ts';
import { openBuckets } from '#test/support/world.ts';

describe('a stack into which a ledger was copied', () => {
  it('has its days compacted again from the first that has something', async () => {
    const { state } = await openBuckets();
    const compactions = new Compactions(state);
    for (const bucket of [0, 1]) {
      const before = await compactions.get(bucket);
      const compacted_to = bucket === 0 ? '2026-11-24' : '2026-03-01';
      await compactions.put({ ...before.record, compacted_to }, before);
    }
    await forgetCompaction(state, 3, '2026-05-01', async () => undefined);
    const left = await Promise.all(
      [0, 1, 2].map(async bucket => (await compactions.get(bucket)).record.compacted_to),
    );
    expect(left).toEqual(['2026-04-30', '2026-03-01', undefined]);
  });
});
