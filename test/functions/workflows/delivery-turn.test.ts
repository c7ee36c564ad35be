import { describe, expect, it } from 'vitest';
import { DeliveryOvertaken, etagOf, fail, save, type Turn } from '#functions/workflows/delivery-turn.ts';
import { openDeliverWorld } from '#test/support/deliver-world.ts';

const from = '2026-11-26T10:00:00.000000000Z';
const opened = async () => {
  const { create, start } = await openDeliverWorld();
  const delivery = await create('siem', { from });
  const { world } = start();
  const begin = async (): Promise<Turn> =>
    ({ world, delivery, ...(await world.work.progress(delivery))! }) as Turn;
  return { begin };
};

describe('a turn', () => {
  it('records nothing after somebody else has recorded something', async () => {
    const { begin } = await opened();
    const [mine, theirs] = [await begin(), await begin()];
    await save(theirs, { ...theirs.progress, rows: 1 });
    await expect(save(mine, { ...mine.progress, rows: 2 })).rejects.toThrow(DeliveryOvertaken);
  });

  it('can record again and again, as long as it is alone', async () => {
    const { begin } = await opened();
    const turn = await begin();
    for (let rows = 1; rows < 4; rows++) await save(turn, { ...turn.progress, rows });
    const other = await begin();
    await save(other, { ...other.progress, rows: 9 });
    await expect(etagOf(turn)).rejects.toThrow(DeliveryOvertaken);
  });

  it('keeps the code of a failure, and no more of it', async () => {
    const { begin } = await opened();
    const turn = await begin();
    await fail(turn, { code: 'throttled', status: 429, afterMs: 1000 });
    expect(turn.progress.errors).toEqual([{ code: 'throttled', status: 429, at: expect.any(String) }]);
  });
});
