import { describe, expect, it } from 'vitest';
import type { Part } from '#domain/deliver/sender.ts';
import type { Instant } from '#domain/time.ts';
import type { DeliverWorld } from '#functions/workflows/deliver-world.ts';
import { uuid } from '#test/support/browse-world.ts';
import { objectSender, openDeliverWorld, readHeld } from '#test/support/deliver-world.ts';

const at = (time: string): Instant => `2026-11-26T${time}.000000000Z`;
const event = (n: number) => ({
  id: uuid(n),
  occurredAt: at(`10:0${n}:00`),
  filedAt: at(`10:0${n}:00`),
  scope: 'acme',
});

describe('sending runs again', () => {
  it('repeats texts and ids, goes on after a failure, and is done once', async () => {
    const { create, change, file, start, held, control, clock } = await openDeliverWorld();
    const delivery = await create('siem', { from: at('10:00:00') });
    const parts: Part[] = [];
    const process = start({
      openSender: async (_, place) =>
        objectSender(held, place, part => {
          parts.push(part);
          return control.answer(part);
        }),
    });
    for (const n of [1, 2, 3]) {
      await file([event(n)], at(`10:0${n}:30`));
      await process.turn();
    }
    const first = parts.splice(0);
    await change(delivery, 'replay', {}, { id: 'again', first_run: 2, last_run: 3 });
    control.answer = ({ run }) => (run === 3 ? 'server_error' : 'take');
    await process.turn();
    control.answer = () => 'take';
    clock.ms += 60_000;
    for (let n = 0; n < 3; n++) await process.turn();
    const { replayed } = readHeld(held, 'siem');
    expect(replayed.map(({ id }) => id)).toEqual([uuid(2), uuid(3)]);
    const sent = parts.filter(({ kind }) => kind === 'rows');
    expect(sent.map(({ run }) => run)).toEqual([2, 3, 3]);
    for (const part of sent) {
      const before = first.find(({ run, kind }) => run === part.run && kind === 'rows')!;
      expect([part.text, part.id]).toEqual([before.text, before.id]);
    }
  });

  it('comes to an end though each turn ends after a single part', async () => {
    const { create, change, file, start, held, progressOf, clock } = await openDeliverWorld();
    const delivery = await create('siem', { from: at('10:00:00') });
    const sent: string[] = [];
    let isTaken = false;
    const openSender: DeliverWorld['openSender'] = async (_, place) => ({
      ...objectSender(held, place, part => {
        if (part.replay === undefined) return 'take';
        if (isTaken) return 'timed_out';
        isTaken = true;
        sent.push(`${part.run}-${part.part}`);
        return 'take';
      }),
      limits: { rows: 1, textBytes: 1e6 },
    });
    const { turn } = start({ openSender });
    await file([event(1), event(2), event(3)], at('10:04:00'));
    await turn();
    await change(delivery, 'replay', {}, { id: 'again', first_run: 1, last_run: 1 });
    for (let n = 0; n < 6; n++, clock.ms += 900_000) {
      isTaken = false;
      await turn();
    }
    expect(sent).toEqual(['1-1', '1-2', '1-3', '1-4']);
    expect(await progressOf(delivery)).toMatchObject({ replays_done: 1, failing: null });
  });

  it('leaves out a run whose record is gone, says so, and sends the others', async () => {
    const { create, change, file, start, held, places, said, progressOf } = await openDeliverWorld();
    const delivery = await create('siem', { from: at('10:00:00') });
    const { turn } = start();
    for (const n of [1, 2]) {
      await file([event(n)], at(`10:0${n}:30`));
      await turn();
    }
    for (const key of places.state.keys())
      if (key.endsWith('/runs/000000000001.json')) places.state.delete(key);
    await change(delivery, 'replay', {}, { id: 'again', first_run: 1, last_run: 2 });
    for (let n = 0; n < 2; n++) await turn();
    expect(readHeld(held, 'siem').replayed.map(({ id }) => id)).toEqual([uuid(2)]);
    expect(await progressOf(delivery)).toMatchObject({ replays_done: 1 });
    expect(said).toEqual([
      {
        message: 'The record of a run that is to be sent again is gone, so it is left out',
        delivery_id: 'siem',
        run: 1,
      },
    ]);
  });
});
