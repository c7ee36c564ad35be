import { describe, expect, it } from 'vitest';
import { type MoveRecord, Moves, moveKey } from '#aws/state/moves.ts';
import { openBuckets } from '#test/support/world.ts';

const record: MoveRecord = {
  format: 1,
  installation: 'i-1',
  status: 'copying',
  began_at: '2026-11-26T12:00:00.000000000Z',
};

describe('the record of a move', () => {
  it('is begun once, and advances', async () => {
    const { state } = await openBuckets();
    const moves = new Moves(state);
    expect(await moves.get()).toBeUndefined();
    await expect(moves.advance('done')).rejects.toThrow('is gone');
    expect(await moves.begin(record)).toBe(true);
    expect(await moves.begin({ ...record, installation: 'i-2' })).toBe(false);
    expect(await moves.get()).toEqual(record);
    await moves.advance('switching', { streams: ['s@1'] });
    await moves.advance('done');
    expect(await moves.get()).toEqual({ ...record, status: 'done', streams: ['s@1'] });
  });

  it('names the streams that ended elsewhere once nothing is copied any longer', async () => {
    const { state } = await openBuckets();
    const moves = new Moves(state);
    expect([...(await moves.endedStreams())]).toEqual([]);
    await moves.begin({ ...record, streams: ['s@1'] });
    expect([...(await moves.endedStreams())]).toEqual([]);
    await moves.advance('switching');
    expect([...(await moves.endedStreams())]).toEqual(['s@1']);
  });

  it('is reported by its place if it is damaged', async () => {
    const { state } = await openBuckets();
    await state.create(moveKey, Buffer.from('{"format":1}'));
    await expect(new Moves(state).get()).rejects.toThrow(moveKey);
  });
});
