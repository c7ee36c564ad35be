import { describe, expect, it, onTestFinished } from 'vitest';
import { SegmentMaker } from '#domain/compact/segment-maker.ts';
import { ThreadedMaker } from '#embedded/compaction/threaded-maker.ts';
import { ledgerObject } from '#test/support/compact-world.ts';

const filedAt = '2026-11-20T00:00:00.000000000Z';
const object = ledgerObject('ontime', [{ id: 1, scope: 'acme', occurredAt: filedAt, filedAt }], 1);

const open = () => {
  const maker = new ThreadedMaker(1);
  onTestFinished(() => maker.end());
  return maker;
};

describe('the maker of segments in a thread', () => {
  it('makes what one in the same thread makes, and says what is wrong', async () => {
    const maker = open();
    const local = new SegmentMaker(1);
    await maker.clear();
    expect(await maker.add(object.key, object.bytes)).toEqual(local.add(object.key, object.bytes));
    expect(await maker.add('x', object.bytes)).toEqual({ fault: 'its name is not one of ours' });
    await maker.clear();
    await maker.add(object.key, object.bytes);
    const made = await maker.make(1);
    expect(made).toEqual(local.make(1));
    expect(await maker.sum(made.bytes)).toEqual(await local.sum(made.bytes));
    await expect(maker.sum(Buffer.from('x'))).rejects.toThrow();
    await maker.addSegment(made.bytes);
    expect((await maker.make(1)).sha256).toBe(made.sha256);
  });

  it('starts again after it was closed, and not after it was ended', async () => {
    const maker = open();
    await maker.add(object.key, object.bytes);
    const lost = maker.make(1);
    const stops = 'The installation stops; compaction goes on at its next start';
    await Promise.all([expect(lost).rejects.toThrow(stops), maker.close()]);
    await maker.add(object.key, object.bytes);
    expect((await maker.make(1)).rows).toBe(1);
    await maker.end();
    await expect(maker.make(1)).rejects.toThrow(stops);
  });

  it('tells a crash of its thread from a fault of what it was given', async () => {
    const maker = new ThreadedMaker(1, { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 2 });
    onTestFinished(() => maker.end());
    const rows = Array.from({ length: 30_000 }, (_, id) => {
      const time = filedAt.replace(/\d{9}Z$/, `${String(id).padStart(9, '0')}Z`);
      return { id, scope: `scope ${id}`, occurredAt: time, filedAt: time };
    });
    const large = ledgerObject('ontime', rows, 1);
    await expect(maker.add(large.key, large.bytes)).rejects.toMatchObject({
      name: 'MakerCrashed',
      message: expect.stringContaining('memory'),
    });
  });
});
