import { describe, expect, it } from 'vitest';
import { markDeliveries } from '#cli/backup/mark-deliveries.ts';
import type { Instant } from '#domain/time.ts';
import { uuid } from '#test/support/browse-world.ts';
import { openDeliverWorld, readHeld } from '#test/support/deliver-world.ts';
import { memoryBucket } from '#test/support/memory-bucket.ts';

const at = (time: string): Instant => `2026-11-26T${time}.000000000Z`;

/** A delivery whose installation is put back to a copy, at which `answer` says what the destination had taken. */
const open = async () => {
  const opened = await openDeliverWorld();
  const { create, file, places, clock, start, world } = opened;
  const delivery = await create('siem', { from: at('10:00:00') });
  const fileOne = (n: number) =>
    file(
      [{ id: uuid(n), occurredAt: at(`10:0${n}:00`), filedAt: at(`10:0${n}:00`), scope: 'acme' }],
      at(`10:0${n}:30`),
    );
  const copy = () => new Map(places.state);
  const turn = async () => {
    clock.ms += 20 * 60_000;
    await start().turn();
  };
  const restore = async (copied: typeof places.state) => {
    const watermarks = [...places.state].filter(([key]) => key.startsWith('watermark'));
    places.state.clear();
    for (const [key, value] of [...copied, ...watermarks]) places.state.set(key, value);
    await markDeliveries(memoryBucket('state', places.state).objects, world.buckets, clock.ms);
  };
  return { ...opened, delivery, fileOne, copy, turn, restore };
};

describe('a delivery of a restored copy', () => {
  it('sends what comes after the copy under names of its own, and never stops at those that are taken', async () => {
    const { fileOne, copy, turn, restore, held, progressOf, delivery } = await open();
    await fileOne(1);
    await turn();
    const copied = copy();
    await fileOne(2);
    await turn();
    await restore(copied);
    // The run after the copy is cut elsewhere: it has another text under the same number.
    await fileOne(3);
    await turn();
    const { keys, events } = readHeld(held, 'siem');
    expect(await progressOf(delivery)).toMatchObject({ run: 2, stopped: null, failing: null });
    expect(new Set(events.map(({ id }) => id))).toEqual(new Set([1, 2, 3].map(uuid)));
    const apart = keys.filter(key => key.includes('/restored='));
    expect(apart.map(key => key.replace(/.*restored=[\dTZ-]+\//, ''))).toEqual([
      'date=2026-11-26/000000000002-1.ndjson.gz',
      'date=2026-11-26/000000000002-manifest.json',
    ]);
    const manifest = JSON.parse(held.get(apart[1]!)!.text) as { parts: { key: string }[] };
    expect(apart[0]).toContain(manifest.parts[0]!.key);
  });

  it('sends a run that was frozen in the copy under the same names and ids', async () => {
    const { fileOne, copy, turn, restore, held, control, progressOf, delivery } = await open();
    const sent: { id: string; kind: string }[] = [];
    control.answer = ({ id, kind }) => {
      sent.push({ id, kind });
      return kind === 'rows' ? 'lose' : 'take';
    };
    await fileOne(1);
    await turn();
    const copied = copy();
    control.answer = ({ id, kind }) => {
      sent.push({ id, kind });
      return 'take';
    };
    await turn();
    await restore(copied);
    await turn();
    expect(await progressOf(delivery)).toMatchObject({ run: 1, stopped: null, failing: null });
    const idsOf = (kind: string) => sent.filter(part => part.kind === kind).map(({ id }) => id);
    expect(new Set(idsOf('rows')).size).toBe(1);
    // The manifest was made anew, and may say something else.
    expect(new Set(idsOf('manifest')).size).toBe(2);
    expect(readHeld(held, 'siem').events).toHaveLength(1);
  });

  it('is marked if it has not begun, and one whose record is damaged keeps no other from it', async () => {
    const { create, places, delivery, restore, copy, progressOf } = await open();
    const other = await create('other', { from: at('10:00:00') });
    for (const [key, value] of places.state)
      if (key.startsWith('delivery-progress/'))
        if (JSON.parse(value.bytes.toString()).run === 0) places.state.delete(key);
    const [events] = [...places.state.keys()].filter(key => key.startsWith('deliveries/')).sort();
    await restore(copy());
    expect([await progressOf(delivery), await progressOf(other)]).toEqual([
      expect.objectContaining({ restored: expect.any(String) }),
      expect.objectContaining({ restored: expect.any(String) }),
    ]);
    places.state.set(events!, { bytes: Buffer.from('{'), etag: 'x' });
    await restore(copy());
  });
});
