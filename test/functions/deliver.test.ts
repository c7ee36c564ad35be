import { describe, expect, it } from 'vitest';
import type { S3 } from '#aws/clients.ts';
import { createDeliverWorld, deliver } from '#functions/deliver.ts';
import { noDeliverMemory } from '#functions/workflows/deliver-all.ts';
import { uuid } from '#test/support/browse-world.ts';
import { openDeliverWorld, readHeld } from '#test/support/deliver-world.ts';
import { openBuckets } from '#test/support/world.ts';

const configuration = {
  ANNALS_INSTALLATION: 'Annals',
  ANNALS_BUCKETS: 32,
  ANNALS_STREAM: 'annals',
  ANNALS_STATE: 'state',
  ANNALS_LEDGER: 'ledger',
  ANNALS_VIEWS: 'views',
  ANNALS_ASIDE: 'aside',
  ANNALS_STALL_SECONDS: 900,
  ANNALS_DIRECTORY_FUNCTION: '',
  ANNALS_DELIVERY_KEY: 'key',
  ANNALS_ACCOUNT: '123456789012',
  ANNALS_DELIVERY_PORTS: [],
};
const withTime = (ms: number) => ({ getRemainingTimeInMillis: () => ms });
const filedAt = '2026-11-26T10:00:01.000000000Z' as const;
const from = '2026-11-26T10:00:00.000000000Z' as const;

const withEvent = async () => {
  const world = await openDeliverWorld();
  await world.create('siem', { from });
  const event = { id: uuid(1), occurredAt: filedAt, filedAt, scope: 'acme' };
  await world.file([event], '2026-11-26T10:01:00.000000000Z');
  return world;
};

describe('deliver', () => {
  it('hands over what was filed, unless its time is nearly over', async () => {
    const world = await withEvent();
    const run = deliver(world.start().world, noDeliverMemory());
    await run({}, withTime(90_000));
    expect(world.held.size).toBe(0);
    await run({}, withTime(90_001));
    expect(readHeld(world.held, 'siem').events.map(({ id }) => id)).toEqual([uuid(1)]);
  });

  it('ends well if a delivery fails, and counts it', async () => {
    const world = await withEvent();
    world.control.answer = () => 'server_error';
    await deliver(world.start().world, noDeliverMemory())({}, withTime(300_000));
    expect(world.measured.at(-1)).toMatchObject({ FailingDeliveries: 1 });
  });

  it('leaves a delivery to the run that has it', async () => {
    const world = await withEvent();
    const leaseMs = 360_000;
    let release = (): void => undefined;
    let hangs = (): void => undefined;
    const isHanging = new Promise<void>(resolve => {
      hangs = resolve;
    });
    const hanging = world.start({
      leaseMs,
      openSender: () =>
        new Promise((_, reject) => {
          release = () => reject(new Error('ended'));
          hangs();
        }),
    });
    const first = deliver(hanging.world, noDeliverMemory())({}, withTime(300_000));
    await isHanging;
    await deliver(world.start({ leaseMs }).world, noDeliverMemory())({}, withTime(300_000));
    expect(world.held.size).toBe(0);
    release();
    await first;
    await deliver(world.start({ leaseMs }).world, noDeliverMemory())({}, withTime(300_000));
    expect(readHeld(world.held, 'siem').events).toHaveLength(1);
  });

  it('fails if the deliveries cannot be listed', async () => {
    const world = await withEvent();
    world.control.onRequest = () => {
      throw new Error('S3 is away');
    };
    const run = deliver(world.start().world, noDeliverMemory());
    await expect(run({}, withTime(300_000))).rejects.toThrow('S3 is away');
  });

  it('opens the places that its configuration names, and leases for longer than it can run', async () => {
    const { client } = await openBuckets();
    const kinesis = { send: () => Promise.reject(new Error('Nothing is recorded')) };
    const world = createDeliverWorld(
      configuration,
      { kinesis: kinesis as never, s3: client as S3 },
      { installation: 'i', metrics: () => undefined },
    );
    expect(world.leaseMs).toBeGreaterThan(5 * 60_000);
    await deliver(world, noDeliverMemory())({}, withTime(300_000));
  });
});
