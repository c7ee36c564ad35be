import { describe, expect, it } from 'vitest';
import type { Instant } from '#domain/time.ts';
import { uuid } from '#test/support/browse-world.ts';
import { openDeliverWorld, readHeld } from '#test/support/deliver-world.ts';

const at = (time: string): Instant => `2026-11-26T${time}.000000000Z`;

describe('freezing a run', () => {
  it('has window, definition, counts and text before anything is sent', async () => {
    const { create, file, start, control, held } = await openDeliverWorld();
    const delivery = await create('siem', { from: at('10:00:00') });
    await file(
      [{ id: uuid(1), occurredAt: at('10:00:01'), filedAt: at('10:00:01'), scope: 'acme' }],
      at('10:01:00'),
    );
    control.answer = () => 'server_error';
    const { turn, world } = start();
    await turn();
    expect(held.size).toBe(0);
    expect(await world.work.run(delivery, 1)).toMatchObject({
      run: 1,
      cause: 'rows',
      from: at('10:00:00'),
      to: '2026-11-26T10:01:00.000000001Z',
      definition_version: 2,
      form: { format: 'json', version: 1 },
      read: 1,
      rows: 1,
      parts: [{ rows: 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    });
  });

  it('records a stretch without rows once a minute, whatever its length', async () => {
    const { create, file, start, places, progressOf } = await openDeliverWorld();
    const delivery = await create('siem', { from: '2025-11-26T10:00:00.000000000Z' });
    await file([], at('10:01:00'));
    const { turn } = start();
    await turn();
    expect((await progressOf(delivery)).scanned_to).toBe('2026-11-26T10:01:00.000000001Z');
    const before = places.state.get(
      [...places.state.keys()].find(key => key.startsWith('delivery-progress/'))!,
    );
    await file([], at('10:01:30'));
    await turn();
    const [key] = [...places.state.keys()].filter(each => each.startsWith('delivery-progress/'));
    expect(places.state.get(key!)!.etag).toBe(before!.etag);
    expect([...places.state.keys()].filter(each => each.includes('/runs/'))).toEqual([]);
  });

  it('keeps what the catalogue said of its actions in OCSF, which may change', async () => {
    const { create, file, start, control, held } = await openDeliverWorld();
    const delivery = await create('siem', { from: at('10:00:00'), format: 'ocsf' });
    await file(
      [{ id: uuid(1), occurredAt: at('10:00:01'), filedAt: at('10:00:01'), scope: 'acme' }],
      at('10:01:00'),
    );
    control.answer = () => 'server_error';
    const create_ = { class: 'api_activity', activity: 'Create' } as const;
    const ocsf = { 'context.create': create_, 'order.refund': create_ };
    await start({ ocsf }).turn();
    const { world, turn } = start({ ocsf: {}, nowMs: () => Date.parse('2026-11-26T13:00:00Z') });
    expect(await world.work.run(delivery, 1)).toMatchObject({
      form: { format: 'ocsf', version: 1, ocsf: { 'context.create': create_ } },
    });
    control.answer = () => 'take';
    await turn();
    const [rows] = [...held.values()].filter(({ kind }) => kind === 'rows');
    expect(JSON.parse(rows!.text)).toMatchObject({ class_uid: 6003, activity_id: 1 });
  });

  it('sends nothing of a frozen run while the delivery is paused, and all of it afterwards', async () => {
    const { create, change, file, start, control, held, clock } = await openDeliverWorld();
    const delivery = await create('siem', { from: at('10:00:00') });
    await file(
      [{ id: uuid(1), occurredAt: at('10:00:01'), filedAt: at('10:00:01'), scope: 'acme' }],
      at('10:01:00'),
    );
    control.answer = () => 'server_error';
    const { turn } = start();
    await turn();
    await change(delivery, 'pause', { paused: true });
    control.answer = () => 'take';
    clock.ms += 900_000;
    await turn();
    expect(held.size).toBe(0);
    await change(delivery, 'resume', { paused: false });
    await turn();
    expect(readHeld(held, 'siem').events.map(({ id }) => id)).toEqual([uuid(1)]);
  });
});
