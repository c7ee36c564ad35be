/** What a delivery costs the installation: its requests to the state and the ledger, for docs/delivery.md. */
import { describe, expect, it } from 'vitest';
import { LedgerDays } from '#aws/ledger-days.ts';
import { LedgerRows } from '#aws/ledger-rows.ts';
import type { Instant } from '#domain/time.ts';
import { uuid } from '#test/support/browse-world.ts';
import { openDeliverWorld } from '#test/support/deliver-world.ts';
import { memoryBucket, type OnRequest } from '#test/support/memory-bucket.ts';

const at = (time: string): Instant => `2026-11-26T${time}.000000000Z`;
const event = (n: number, filedAt: Instant) => ({ id: uuid(n), occurredAt: filedAt, filedAt, scope: 'acme' });

/** A process with deliveries of one scope that has delivered before, and its requests of a turn by operation. */
const open = async (deliveries: number) => {
  const opened = await openDeliverWorld();
  const { create, start, places, control, file } = opened;
  const counts: Record<string, number> = {};
  const count: OnRequest = (when, operation) => {
    if (when === 'before') counts[operation] = (counts[operation] ?? 0) + 1;
  };
  const ledger = memoryBucket('ledger', places.ledger, count).objects;
  for (let n = 0; n < deliveries; n++) await create(`d-${n}`, { from: at('10:00:00') });
  const process = start({ leaseMs: 360_000, days: new LedgerDays(ledger), rows: new LedgerRows(ledger) });
  await file([event(1, at('10:00:10'))], at('10:00:30'));
  await process.turn();
  const turn = async () => {
    for (const name of Object.keys(counts)) delete counts[name];
    control.onRequest = count;
    await process.turn();
    control.onRequest = () => undefined;
    return { ...counts };
  };
  return { ...opened, turn };
};

/** The watermarks come on top, once for all. */
describe('a turn of each delivery', () => {
  it.each([1, 10])(
    'of %s in a bucket costs five puts if it has a run, and all read a new object once',
    async n => {
      const { turn, file } = await open(n);
      await file([event(2, at('10:01:10'))], at('10:01:30'));
      // The open deliveries, and the day in each of the two lanes.
      expect(await turn()).toEqual({
        ListObjectsV2Command: 3,
        GetObjectCommand: 6 * n + 1,
        PutObjectCommand: 5 * n,
      });
    },
  );

  it.each([1, 10])('of %s in a bucket costs one put if nothing is to be sent', async n => {
    const { turn, file } = await open(n);
    await file([], at('10:01:30'));
    expect(await turn()).toEqual({
      ListObjectsV2Command: 3,
      GetObjectCommand: 2 * n,
      PutObjectCommand: n,
    });
  });
});
