import { describe, expect, it } from 'vitest';
import { SegmentMaker } from '#domain/compact/segment-maker.ts';
import {
  CompactionOvertaken,
  CompactionStopped,
  inThisThread,
  MakerCrashed,
  overtaken,
} from '#functions/workflows/compact-world.ts';
import { ledgerObject } from '#test/support/compact-world.ts';

describe('what compaction needs', () => {
  it('has a maker of segments in this thread', async () => {
    const maker = inThisThread(new SegmentMaker(1));
    const filedAt = '2026-11-20T00:00:00.000000000Z';
    const { key, bytes } = ledgerObject('ontime', [{ id: 1, scope: 'a', occurredAt: filedAt, filedAt }], 1);
    await maker.add(key, bytes);
    await maker.clear();
    await maker.add(key, bytes);
    const made = await maker.make(1);
    expect(await maker.sum(made.bytes)).toEqual({ sha256: made.sha256, rows: 1, rows_sum: made.rows_sum });
  });

  it('tells what is wrong from what another run does', () => {
    expect(overtaken('x')).toBeInstanceOf(CompactionOvertaken);
    expect(
      [new CompactionStopped('x'), new MakerCrashed('x'), overtaken('x')].map(({ name }) => name),
    ).toEqual(['CompactionStopped', 'MakerCrashed', 'CompactionOvertaken']);
  });
});
