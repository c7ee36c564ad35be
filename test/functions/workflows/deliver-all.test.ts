import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Gap } from '#domain/archive/gap.ts';
import { addDays, type Instant } from '#domain/time.ts';
import { deliverAll } from '#functions/workflows/deliver-all.ts';
import { uuid } from '#test/support/browse-world.ts';
import { openDeliverWorld, readHeld } from '#test/support/deliver-world.ts';

const at = (time: string): Instant => `2026-11-26T${time}.000000000Z`;
const start = at('10:00:00');

const event = (n: number, filedAt: Instant, change: object = {}) => ({
  id: uuid(n),
  occurredAt: filedAt,
  filedAt,
  scope: 'acme',
  ...change,
});

describe('a delivery', () => {
  it('hands over each event once, in the order of filing, and says so in chained manifests', async () => {
    const { file, create, start: run, held } = await openDeliverWorld();
    const delivery = await create('siem', { from: start });
    const process = run();
    await file(
      [event(2, at('10:00:02')), event(1, at('10:00:01')), event(9, at('10:00:01'), { scope: 'other' })],
      at('10:01:00'),
    );
    expect(await process.turn()).toMatchObject({ failures: [], more: false });
    await file([event(3, at('10:02:00'))], at('10:03:00'));
    await process.turn();
    const { events, manifests } = readHeld(held, delivery.id);
    expect(events.map(({ id }) => id)).toEqual([uuid(1), uuid(2), uuid(3)]);
    expect(manifests.map(({ run: n, read, rows }) => [n, read, rows])).toEqual([
      [1, 2, 2],
      [2, 1, 1],
    ]);
    expect(manifests[0]!.previous_sha256).toBeNull();
    expect(manifests[1]!.previous_sha256).toBe(createHash('sha256').update(manifests[0]!.text).digest('hex'));
    expect(manifests[1]!.filed_from).toBe(manifests[0]!.filed_to);
  });

  it('drops a copy that was filed a minute later, in another run', async () => {
    const { file, create, start: run, held } = await openDeliverWorld();
    await create('siem', { from: start });
    const occurredAt = at('10:00:00');
    await file([event(1, at('10:00:10'), { occurredAt })], at('10:00:30'));
    await run().turn();
    await file([event(1, at('10:01:10'), { occurredAt }), event(2, at('10:01:11'))], at('10:02:00'));
    // Another process, which has seen nothing.
    await run().turn();
    const { events, manifests } = readHeld(held, 'siem');
    expect(events.map(({ id }) => id)).toEqual([uuid(1), uuid(2)]);
    expect(manifests[1]).toMatchObject({ read: 2, rows: 1, dropped: 1, filtered: 0 });
  });

  it.each(['ledger', 'segments'])(
    'drops the copy of an event of 30 days ago, which is in the %s',
    async where => {
      const { file, compact, create, start: run, held } = await openDeliverWorld();
      const old = addDays(at('10:00:00'), -30);
      await file([event(1, old)], addDays(old, 2));
      if (where === 'segments') await compact();
      await create('siem', { from: start });
      await file(
        [event(1, at('10:00:10'), { occurredAt: old }), event(2, at('10:00:11'), { occurredAt: old })],
        at('10:02:00'),
      );
      await run().turn();
      const { events, manifests } = readHeld(held, 'siem');
      expect(events.map(({ id }) => id)).toEqual([uuid(2)]);
      expect(manifests[0]).toMatchObject({ read: 2, rows: 1, dropped: 1 });
    },
  );

  it('judges the filter by the copy that was filed first', async () => {
    const { file, create, start: run, held } = await openDeliverWorld();
    await create('siem', { from: start, filter: { action: ['"context."*'] } });
    const occurredAt = at('10:00:00');
    await file([event(1, at('10:00:10'), { occurredAt, change: { action: 'user.login' } })], at('10:00:30'));
    const process = run();
    await process.turn();
    await file([event(1, at('10:01:10'), { occurredAt }), event(2, at('10:01:11'))], at('10:02:00'));
    await process.turn();
    const { events, manifests } = readHeld(held, 'siem');
    expect(events.map(({ id }) => id)).toEqual([uuid(2)]);
    // The stretch without rows made no run of its own.
    expect(manifests).toHaveLength(1);
    expect(manifests[0]).toMatchObject({
      run: 1,
      read: 3,
      rows: 1,
      dropped: 1,
      filtered: 1,
      filed_from: start,
    });
  });

  it('sends a frozen run as it was frozen, though the filter has changed since', async () => {
    const { file, create, change, start: run, held, control } = await openDeliverWorld();
    const delivery = await create('siem', { from: start });
    await file([event(1, at('10:00:10'))], at('10:00:30'));
    control.answer = () => 'server_error';
    await run().turn();
    await change(delivery, 'update', { filter: { action: ['"user.login"'] } });
    control.answer = () => 'take';
    const later = await openLater(run);
    await later.turn();
    expect(readHeld(held, 'siem').events.map(({ id }) => id)).toEqual([uuid(1)]);
    await file([event(2, at('10:01:10'))], at('10:02:00'));
    await later.turn();
    expect(readHeld(held, 'siem').events).toHaveLength(1);
  });

  it('cuts a long stretch into runs, and loses nothing behind a pause', async () => {
    const { file, create, change, start: run, held } = await openDeliverWorld();
    const delivery = await create('siem', { from: start });
    const events = Array.from({ length: 25 }, (_, n) => event(n + 1, at(`10:00:${String(n + 10)}`)));
    await change(delivery, 'pause', { paused: true });
    await file(events, at('10:01:00'));
    const process = run({ limits: { rows: 10, textBytes: 1e6 } });
    await process.turn();
    expect(readHeld(held, 'siem').events).toEqual([]);
    await change(delivery, 'resume', { paused: false });
    await process.turn();
    const found = readHeld(held, 'siem');
    expect(found.events.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
    expect(found.manifests.map(({ cause, rows }) => [cause, rows])).toEqual([
      ['pause', 0],
      ['resume', 0],
      ['rows', 10],
      ['rows', 10],
      ['rows', 5],
    ]);
  });

  it('keeps two deliveries and a replay apart in one place', async () => {
    const { file, create, change, start: run, held } = await openDeliverWorld();
    const first = await create('one', { from: start });
    await create('two', { from: start });
    await file([event(1, at('10:00:10')), event(2, at('10:00:11'))], at('10:00:30'));
    const process = run();
    await process.turn();
    await change(first, 'replay', {}, { id: 'again', first_run: 1, last_run: 1 });
    await process.turn();
    for (const id of ['one', 'two']) expect(readHeld(held, id).events).toHaveLength(2);
    const one = readHeld(held, 'one');
    expect(one.replayed).toEqual(one.events);
    expect(readHeld(held, 'two').replayed).toEqual([]);
  });

  it('is found by its scope, whatever characters that has', async () => {
    const { file, create, start: run, held } = await openDeliverWorld();
    await create('../x', { from: start, scopeId: '../../x' });
    await file([event(1, at('10:00:10'), { scope: '../../x' })], at('10:00:30'));
    await run().turn();
    const keys = [...held.keys()];
    expect(keys).toHaveLength(2);
    for (const key of keys)
      expect(key).toMatch(/^annals\/test\/scope=~Li4vLi4veA\/delivery=~Li4veA\.00000000\/date=2026-11-26\//);
  });

  it('says once that its destination fails, and that it works again', async () => {
    const { file, create, start: run, control, audited, clock, progressOf } = await openDeliverWorld();
    const delivery = await create('siem', { from: start });
    await file([event(1, at('10:00:10'))], at('10:00:30'));
    control.answer = () => 'server_error';
    const process = run();
    for (let n = 0; n < 12; n++) {
      await process.turn();
      clock.ms += 15 * 60_000;
    }
    const { failing, errors } = await progressOf(delivery);
    expect(failing).toMatchObject({ code: 'server_error', attempts: 12 });
    expect(errors).toHaveLength(10);
    control.answer = () => 'take';
    await process.turn();
    const states = audited.filter(({ action }) => /delivery\.(fail|recover|stop)/.test(action));
    expect(states.map(({ action }) => action)).toEqual(['delivery.fail', 'delivery.recover']);
    expect((await progressOf(delivery)).failing).toBeNull();
  });

  it('stops at once if somebody else has its key, and goes on when it is resumed', async () => {
    const { file, create, change, start: run, control, audited, held, progressOf } = await openDeliverWorld();
    const delivery = await create('siem', { from: start });
    await file([event(1, at('10:00:10'))], at('10:00:30'));
    control.answer = () => 'key_taken';
    const process = run();
    await process.turn();
    control.answer = () => 'take';
    await process.turn();
    expect(held.size).toBe(0);
    expect((await progressOf(delivery)).stopped).toMatchObject({ code: 'key_taken' });
    expect(audited.map(({ action }) => action)).toContain('delivery.stop');
    await change(delivery, 'resume');
    await process.turn();
    await process.turn();
    const { events, manifests } = readHeld(held, 'siem');
    expect(events).toHaveLength(1);
    // The run that was frozen then, and one that says what happened.
    const stops = manifests.map(({ text }) => (JSON.parse(text) as { stopped?: object }).stopped);
    expect(manifests.map(({ cause }) => cause)).toEqual(['rows', 'resume']);
    expect(stops).toEqual([undefined, { code: 'key_taken', at: at('12:00:00') }]);
  });

  it('says in one manifest that it had stopped, though it stopped again and was paused', async () => {
    const { file, create, change, start: run, control, held, clock } = await openDeliverWorld();
    const delivery = await create('siem', { from: start });
    await file([event(1, at('10:00:10'))], at('10:00:30'));
    control.answer = () => 'bucket_missing';
    const process = run();
    for (let n = 0; n < 3; n++) {
      await process.turn();
      await change(delivery, 'resume', { paused: false });
      clock.ms += 60_000;
    }
    await change(delivery, 'pause', { paused: true });
    control.answer = () => 'take';
    await process.turn();
    await change(delivery, 'resume', { paused: false });
    await process.turn();
    const { manifests } = readHeld(held, 'siem');
    const stops = manifests.flatMap(({ text }) => (JSON.parse(text) as { stopped?: object }).stopped ?? []);
    expect(stops).toEqual([{ code: 'bucket_missing', at: at('12:00:00') }]);
    expect(manifests.map(({ cause }) => cause)).toEqual(['rows', 'resume']);
  });

  it('pauses if its owner is no longer an admin, and sends nothing while nobody can tell', async () => {
    const { file, create, start: run, held, audited, world } = await openDeliverWorld();
    await create('siem', { from: start, requested_by: 'u-1' });
    await file([event(1, at('10:00:10'))], at('10:00:30'));
    const broken = { isAdmin: async () => Promise.reject(new Error('down')) };
    expect(await run({ adminDirectory: broken }).turn()).toMatchObject({ failures: [] });
    expect(held.size).toBe(0);
    await run({ adminDirectory: { isAdmin: async () => false } }).turn();
    expect(readHeld(held, 'siem').events).toEqual([]);
    expect((await world.deliveries.get('acme', 'siem'))!.definition!.paused).toBe(true);
    expect(audited.at(-1)).toMatchObject({ action: 'delivery.pause', actor: { id: 'annals' } });
  });

  it('goes on at once if its owner is an admin again and has resumed it', async () => {
    const { file, create, change, start: run, held } = await openDeliverWorld();
    const delivery = await create('siem', { from: start, requested_by: 'u-1' });
    await file([event(1, at('10:00:10'))], at('10:00:30'));
    let isAdmin = false;
    const process = run({ adminDirectory: { isAdmin: async () => isAdmin } });
    await process.turn();
    isAdmin = true;
    await change(delivery, 'resume', { paused: false });
    await process.turn();
    expect(readHeld(held, 'siem').events).toMatchObject([{ id: uuid(1) }]);
  });

  it('sends no run again that another process has sent since it was found', async () => {
    const { file, create, start: run, control } = await openDeliverWorld();
    await create('siem', { from: start, requested_by: 'u-1' });
    await file([event(1, at('10:00:10'))], at('10:00:30'));
    const sent: string[] = [];
    control.answer = ({ key }) => {
      sent.push(key);
      return 'take';
    };
    const other = run({ leaseMs: 360_000 });
    const isAdmin = async (): Promise<boolean> => {
      await other.turn();
      return true;
    };
    await run({ leaseMs: 360_000, adminDirectory: { isAdmin } }).turn();
    expect(sent.length).toBeGreaterThan(1);
    expect(new Set(sent).size).toBe(sent.length);
  });

  it('does not say that its destination fails if the process ends meanwhile', async () => {
    const { file, create, start: run, control, audited, progressOf } = await openDeliverWorld();
    const delivery = await create('siem', { from: start });
    await file([event(1, at('10:00:10'))], at('10:00:30'));
    const ending = new AbortController();
    control.answer = () => {
      ending.abort();
      return 'timed_out';
    };
    const { world, memory, turn } = run();
    await deliverAll(world, memory, { mayBegin: () => true, signal: ending.signal });
    expect((await progressOf(delivery)).failing).toBeNull();
    control.answer = () => 'take';
    await turn();
    expect(audited.map(({ action }) => action)).not.toContainEqual(expect.stringMatching(/fail|recover/));
    expect((await progressOf(delivery)).run).toBeGreaterThan(0);
  });

  it('says once in all manifests that a gap was found and once that it ended, over failures and crashes', async () => {
    const opened = await openDeliverWorld();
    const { file, create, start: run, held, gaps, control, clock } = opened;
    await create('siem', { from: start });
    const gap = (cause: string, endedAt?: Instant): Gap => ({ cause, bucket: 0, filedAt: start, endedAt });
    // Each manifest is kept at a first try, when other gaps are open than at the one that is taken.
    const gapsAtTry: Gap[][] = [
      [gap('quarantine/a')],
      [gap('quarantine/a'), gap('quarantine/b')],
      [gap('quarantine/a', start), gap('quarantine/b')],
      [gap('quarantine/a', start), gap('quarantine/b'), gap('quarantine/c')],
      [gap('quarantine/b', start), gap('quarantine/c', start)],
      [],
      [],
    ];
    for (const [at, open] of gapsAtTry.entries()) {
      gaps.splice(0, Infinity, ...open);
      const minute = String(at).padStart(2, '0');
      await file(
        [event(at + 1, `2026-11-26T10:${minute}:10.000000000Z`)],
        `2026-11-26T10:${minute}:30.000000000Z`,
      );
      control.answer = ({ kind }) => (kind === 'manifest' && at % 2 === 0 ? 'lose' : 'take');
      await run().turn();
      clock.ms += 20 * 60_000;
    }
    control.answer = () => 'take';
    await run().turn();
    const { manifests } = readHeld(held, 'siem');
    const said = manifests.map(({ text }) => (JSON.parse(text) as { gaps: Record<string, string[]> }).gaps);
    const found = said.flatMap(one => one.found!);
    expect(new Set(found).size).toBe(3);
    expect(found).toHaveLength(3);
    expect(said.flatMap(one => one.ended!).sort()).toEqual([...found].sort());
  });

  it('leaves no secrets once it is deleted, though it was left half done', async () => {
    const { create, change, start: run, world, control } = await openDeliverWorld();
    const version = await world.secrets.put('acme', 'siem', {
      url: 'https://a.example/',
      secrets: [],
      headers: {},
    });
    const delivery = await create('siem', { from: start, secret_version: version });
    await change(delivery, 'delete');
    const process = run();
    control.onRequest = (when, operation, key) => {
      if (when === 'before' && operation === 'DeleteObjectCommand' && key.includes('/delivery-secrets/'))
        throw new Error('no state');
    };
    expect((await process.turn()).failures).toHaveLength(1);
    expect(await world.deliveries.open()).toHaveLength(1);
    control.onRequest = () => undefined;
    await process.turn();
    expect(await world.secrets.versions('acme', 'siem')).toEqual([]);
    expect(await world.deliveries.open()).toEqual([]);
  });

  it('writes a manifest a day though nothing is filed', async () => {
    const { file, create, start: run, held, clock } = await openDeliverWorld();
    await create('siem', { from: start });
    await file([], at('10:00:30'));
    const process = run();
    await process.turn();
    expect(held.size).toBe(0);
    clock.ms += 25 * 3_600_000;
    await process.turn();
    await process.turn();
    expect(readHeld(held, 'siem').manifests.map(({ cause, rows }) => [cause, rows])).toEqual([['daily', 0]]);
  });
});

/** A process of 20 minutes later, when the destination is tried again. */
const openLater = async (run: Awaited<ReturnType<typeof openDeliverWorld>>['start']) =>
  run({ nowMs: () => Date.parse('2026-11-26T12:20:00Z') });
