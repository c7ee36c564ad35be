import { describe, expect, it } from 'vitest';
import { NotRecordable, NotRecorded, type SelfAudit } from '#aws/self-audit.ts';
import { applyDeliveryChange } from '#functions/workflows/change-delivery.ts';
import { openDeliverWorld } from '#test/support/deliver-world.ts';

const failing = (error: Error): SelfAudit =>
  ({ record: async () => Promise.reject(error) }) as unknown as SelfAudit;
const from = '2026-11-26T10:00:00.000000000Z';

describe('a change of a delivery', () => {
  it('is made once the log has its record, by whoever finds it', async () => {
    const { create, start, world } = await openDeliverWorld();
    const made = await create('siem', { from });
    const asked = (await world.deliveries.append(made, {
      type: 'changing',
      at: from,
      scope_id: 'acme',
      id: 'siem',
      kind: 'pause',
      definition: { ...made.definition!, paused: true },
      by: null,
    }))!;
    const unavailable = start({ selfAudit: failing(new NotRecorded({})) }).world;
    await expect(applyDeliveryChange(unavailable, asked)).rejects.toThrow(NotRecorded);
    expect((await world.deliveries.get('acme', 'siem'))!.definition!.paused).toBe(false);
    expect((await applyDeliveryChange(world, asked)).definition!.paused).toBe(true);
    // A second caller finds it made.
    expect((await applyDeliveryChange(world, asked)).definition!.paused).toBe(true);
  });

  it('is dropped if the log can never hold its record', async () => {
    const { create, start, world } = await openDeliverWorld();
    const made = await create('siem', { from });
    const asked = (await world.deliveries.append(made, {
      type: 'changing',
      at: from,
      scope_id: 'acme',
      id: 'siem',
      kind: 'delete',
      definition: made.definition!,
      by: null,
    }))!;
    const never = start({ selfAudit: failing(new NotRecordable({})) }).world;
    await expect(applyDeliveryChange(never, asked)).rejects.toThrow(NotRecordable);
    expect(await world.deliveries.get('acme', 'siem')).toMatchObject({ isDeleted: false, intent: undefined });
  });

  it('that makes a delivery is told before it is made, and no other one', async () => {
    const { create, change, start, world, told } = await openDeliverWorld();
    const made = await create('siem', { from });
    const events = () => told.map(({ notification }) => (notification.message as { event: string }).event);
    expect(events()).toEqual(['delivery.created']);
    await change(made, 'pause', { paused: true });
    await change(made, 'resume', { paused: false });
    expect(events()).toEqual(['delivery.created']);
    const untold = start({ tell: () => Promise.reject(new Error('down')) }).world;
    const asked = (await world.deliveries.append(undefined, {
      type: 'changing',
      at: from,
      scope_id: 'acme',
      id: 'other',
      kind: 'create',
      definition: made.definition!,
      origin: made.origin,
      by: null,
    }))!;
    await expect(applyDeliveryChange(untold, asked)).rejects.toThrow('down');
    expect((await world.deliveries.get('acme', 'other'))!.definition).toBeUndefined();
    expect((await applyDeliveryChange(world, asked)).definition).toEqual(made.definition);
    expect(events()).toEqual(['delivery.created', 'delivery.created']);
  });
});
