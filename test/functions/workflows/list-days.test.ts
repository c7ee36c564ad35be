import { describe, expect, it } from 'vitest';
import { listDays } from '#functions/workflows/list-days.ts';
import { compactWorld, ledgerObject } from '#test/support/compact-world.ts';
import { collect } from '#test/support/world.ts';

const object = (lane: 'ontime' | 'late', filedAt: string, sequence = 1) =>
  ledgerObject(lane, [{ id: 1, scope: 'acme', occurredAt: filedAt, filedAt }], sequence);
const oldForm = (key: string): string =>
  key.replace(/T(\d\d)(\d\d)(\d\d\.\d{9}Z)-[0-9a-f]{8}-(.*)-([0-9a-f]{8})[0-9a-f]{24}/, 'T$1:$2:$3-$4-$5');

describe('the days of a bucket', () => {
  it('come in their order with both lanes, and their objects by first filed_at in both forms of keys', async () => {
    const world = compactWorld();
    const put = ({ key, bytes }: { key: string; bytes: Buffer }) => world.put({ key, bytes });
    const early = object('ontime', '2026-11-20T00:00:01.000000000Z');
    // The colon of an older key sorts after the digits of a newer one.
    put({ ...early, key: oldForm(early.key) });
    expect(oldForm(early.key)).not.toBe(early.key);
    put(object('ontime', '2026-11-20T00:01:00.000000000Z'));
    put(object('ontime', '2026-11-22T00:00:00.000000000Z'));
    put(object('late', '2026-11-21T00:00:00.000000000Z'));
    put(object('late', '2026-11-22T00:00:00.000000000Z'));
    const shown = async (after?: string) =>
      (await collect(listDays(world.world.ledger, 0, after))).map(({ date, lanes }) => [
        date,
        ...Object.entries(lanes).map(([lane, its]) => [
          lane,
          ...its.map(({ name }) => name.firstFiledAt.slice(11, 19)),
        ]),
      ]);
    expect(await shown()).toEqual([
      ['2026-11-20', ['ontime', '00:00:01', '00:01:00']],
      ['2026-11-21', ['late', '00:00:00']],
      ['2026-11-22', ['ontime', '00:00:00'], ['late', '00:00:00']],
    ]);
    expect((await shown('2026-11-20')).map(([date]) => date)).toEqual(['2026-11-21', '2026-11-22']);
  });

  it('are listed page by page, and no further than they are asked for', async () => {
    let lists = 0;
    const world = compactWorld({
      onRequest: (when, operation) => {
        if (when === 'before' && operation === 'ListObjectsV2Command') lists += 1;
      },
    });
    for (let n = 0; n < 2500; n++)
      world.places.ledger.set(
        object('ontime', `2026-11-${n < 1200 ? 20 : 21}T00:00:00.000000000Z`, n + 1).key,
        { bytes: Buffer.alloc(0), etag: '"e"' },
      );
    const days = listDays(world.world.ledger, 0, undefined);
    expect((await days.next()).value!.lanes.ontime).toHaveLength(1200);
    expect(lists).toBe(3);
    await days.return(undefined);
  });

  it('end at a key that is not the name of an object', async () => {
    const world = compactWorld();
    world.put({ key: 'events/lane=late/bucket=00/date=2026-11-20/x', bytes: Buffer.alloc(0) });
    await expect(listDays(world.world.ledger, 0, undefined).next()).rejects.toThrow(
      'is not the name of an object',
    );
  });
});
