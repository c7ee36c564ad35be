import { describe, expect, it } from 'vitest';
import { bucketOf } from '#domain/archive/bucket.ts';
import type { Part } from '#domain/deliver/sender.ts';
import type { Instant } from '#domain/time.ts';
import { RunChanged, textOfRun } from '#functions/workflows/send-run.ts';
import { buckets, uuid } from '#test/support/browse-world.ts';
import { objectSender, openDeliverWorld, readHeld } from '#test/support/deliver-world.ts';

const at = (time: string): Instant => `2026-11-26T${time}.000000000Z`;
const event = (n: number, change: object = {}) => {
  const filedAt = at(`10:00:0${n}`);
  return { id: uuid(n), occurredAt: filedAt, filedAt, scope: 'acme', ...change };
};
const opened = async () => {
  const world = await openDeliverWorld();
  const delivery = await world.create('siem', {
    from: at('10:00:00'),
    filter: { action: ['-"user.login"'] },
  });
  await world.file([event(1), event(2, { change: { action: 'user.login' } }), event(3)], at('10:01:00'));
  return { ...world, delivery, bucket: bucketOf('acme', buckets) };
};

describe('sending a run', () => {
  it('makes the same text again from the ledger, in the same parts', async () => {
    const { delivery, bucket, start, held } = await opened();
    const limited = { rows: 1, textBytes: 1e6 };
    const { turn, world } = start({
      openSender: async (_, place) => ({ ...objectSender(held, place), limits: limited }),
    });
    await turn();
    const run = (await world.work.run(delivery, 1))!;
    expect(run.parts).toHaveLength(2);
    expect(run.left_out).toEqual([[1, 1]]);
    const parts = await textOfRun(start().world, { delivery, bucket }, run);
    expect(parts.map(({ sha256 }) => sha256)).toEqual(run.parts.map(({ sha256 }) => sha256));
    expect(readHeld(held, 'siem').events.map(({ id }) => id)).toEqual([uuid(1), uuid(3)]);
  });

  it('sends nothing of a run whose text is no longer the one that was frozen', async () => {
    const { delivery, bucket, start } = await opened();
    const { turn, world } = start();
    await turn();
    const run = (await world.work.run(delivery, 1))!;
    const other = { ...run, parts: [{ ...run.parts[0]!, sha256: 'other' }] };
    await expect(textOfRun(world, { delivery, bucket }, other)).rejects.toThrow(RunChanged);
  });

  it('goes on after the parts that are there', async () => {
    const { start, held, control, clock, delivery, progressOf } = await opened();
    const sent: string[] = [];
    const world = {
      openSender: async (_: unknown, place: Parameters<typeof objectSender>[1]) => ({
        ...objectSender(held, place, part => {
          sent.push(`${part.run}-${part.part}`);
          return control.answer(part);
        }),
        limits: { rows: 1, textBytes: 1e6 },
      }),
    };
    control.answer = ({ part }: Part) => (part === 2 ? 'server_error' : 'take');
    await start(world).turn();
    expect((await progressOf(delivery)).parts_done).toBe(1);
    control.answer = () => 'take';
    clock.ms += 60_000;
    await start(world).turn();
    expect(sent).toEqual(['1-1', '1-2', '1-2', '1-3']);
  });

  it('says in the manifest what the receiver refuses alone, and what goes with another time', async () => {
    const { start, held, delivery, progressOf } = await opened();
    await start({
      openSender: async (_, place) => ({
        ...objectSender(held, place),
        send: async part =>
          part.kind === 'rows'
            ? { kind: 'done', undelivered: [{ line: 1, code: 'refused', status: 403 }], retimed: 2 }
            : objectSender(held, place).send(part, new AbortController().signal),
      }),
    }).turn();
    const { undelivered } = await progressOf(delivery);
    expect(undelivered).toMatchObject({
      count: 1,
      newest: [{ id: uuid(3), code: 'refused', status: 403, run: 1 }],
    });
    expect(readHeld(held, 'siem').manifests[0]).toMatchObject({ undelivered: 1, retimed: 2 });
  });

  it('waits as after a first failure if the destination took something since the last one', async () => {
    const { start, held, control, clock, delivery, progressOf } = await opened();
    const limits = { rows: 1, textBytes: 1e6 };
    const { turn } = start({
      openSender: async (_, place) => ({
        ...objectSender(held, place, part => control.answer(part)),
        limits,
      }),
    });
    control.answer = () => 'throttled';
    for (let n = 0; n < 3; n++, clock.ms += 900_000) await turn();
    expect((await progressOf(delivery)).failing).toMatchObject({ attempts: 3 });
    control.answer = ({ part }: Part) => (part === 1 ? 'take' : 'throttled');
    await turn();
    expect((await progressOf(delivery)).failing).toMatchObject({ attempts: 1 });
  });
});
