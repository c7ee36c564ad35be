import { describe, expect, it, vi } from 'vitest';
import type { HttpsPolicy } from '#aws/deliver/guarded-post.ts';
import { HttpsSenders } from '#aws/deliver/https-senders.ts';
import { DeliverySecrets } from '#aws/state/delivery-secrets.ts';
import type { HttpsDestination } from '#domain/deliver/destination.ts';
import { formOf } from '#domain/deliver/forms.ts';
import { dataKeyOf } from '#domain/deliver/sealed-secrets.ts';
import type { Instant } from '#domain/time.ts';
import { deliverAll } from '#functions/workflows/deliver-all.ts';
import { uuid } from '#test/support/browse-world.ts';
import { openDeliverWorld } from '#test/support/deliver-world.ts';
import { type Answering, type Got, startReceiver } from '#test/support/https-receiver.ts';
import { memoryBucket } from '#test/support/memory-bucket.ts';

const at = (time: string): Instant => `2026-11-26T${time}.000000000Z`;
const from = at('10:00:00');

/** Deliveries through the whole stage, to real receivers. */
const open = async (policyOf: () => HttpsPolicy) => {
  const held = await openDeliverWorld();
  const { world, clock } = held;
  const secrets = new DeliverySecrets(memoryBucket('secrets').objects, async () => dataKeyOf('key'));
  const senders = new HttpsSenders({ secrets, policy: policyOf(), nowMs: () => clock.ms });
  const process = held.start({
    openSender: async ({ scopeId, id, definition }) =>
      senders.open({
        scopeId,
        id,
        destination: definition!.destination as HttpsDestination,
        secretVersion: definition!.secret_version!,
        form: formOf(definition!.format),
      }),
  });
  const createTo = async (id: string, url: string) => {
    const secret_version = await secrets.put('acme', id, {
      url,
      secrets: ['a secret of sixteen'],
      headers: {},
    });
    return held.create(id, { from, destination: { type: 'https', url }, secret_version });
  };
  /** Events that were filed a second apart; `name` is that of the actor. */
  const file = (names: readonly string[], minute: number) =>
    held.file(
      names.map((name, second) => {
        const time = at(`10:0${minute}:${String(second).padStart(2, '0')}`);
        const actor = { id: 'u-1', type: 'user', name };
        return {
          id: uuid(minute * 100 + second),
          occurredAt: time,
          filedAt: time,
          scope: 'acme',
          change: { actor },
        };
      }),
      at(`10:0${minute}:59`),
    );
  return { ...held, world, clock, process, createTo, file };
};
const eventsOf = (got: readonly Got[]) =>
  got
    .filter(({ headers }) => headers['annals-kind'] === 'rows')
    .flatMap(({ lines }) => lines.map(line => JSON.parse(line) as { id: string }));

describe('delivering to an HTTPS receiver', () => {
  it('goes on past the event that a firewall refuses, and names it in health and manifest', async () => {
    const taken: Got[] = [];
    const receiver = await startReceiver((one, response) => {
      const isRefused = one.text.includes('DROP TABLE');
      if (!isRefused) taken.push(one);
      response.writeHead(isRefused ? 403 : 204).end();
    });
    const { createTo, file, process, progressOf } = await open(() => receiver.policy);
    const delivery = await createTo('siem', receiver.url);
    await file(['a', "'; DROP TABLE users", 'c', 'd'], 1);
    await process.turn();
    await file(['e'], 2);
    await process.turn();
    expect(eventsOf(taken).map(({ id }) => id)).toEqual([100, 102, 103, 200].map(uuid));
    expect(await progressOf(delivery)).toMatchObject({
      run: 2,
      failing: null,
      undelivered: { count: 1, newest: [{ id: uuid(101), code: 'refused', status: 403, run: 1 }] },
    });
    const [manifest] = taken.filter(({ headers }) => headers['annals-kind'] === 'manifest');
    expect(JSON.parse(manifest!.text)).toMatchObject({
      undelivered: 1,
      undelivered_events: [{ id: uuid(101) }],
    });
  });

  it('loses nothing while the receiver answers 403 for a day, and asks ever more seldom', async () => {
    const end = Date.parse('2026-11-27T12:00:00Z');
    const taken: Got[] = [];
    const receiver = await startReceiver((one, response) => {
      const isOpen = held.clock.ms >= end;
      if (isOpen) taken.push(one);
      response.writeHead(isOpen ? 204 : 403).end();
    });
    const held = await open(() => receiver.policy);
    const { createTo, file, process, progressOf, clock } = held;
    const delivery = await createTo('siem', receiver.url);
    await file(['a', 'b'], 1);
    for (; clock.ms < end; clock.ms += 60_000) await process.turn();
    expect((await progressOf(delivery)).failing).toMatchObject({ code: 'not_authorized', status: 403 });
    expect((await progressOf(delivery)).undelivered.count).toBe(0);
    // A batch and a probe each, at pauses of up to 15 minutes, which are at least half as long.
    expect(receiver.got.length).toBeGreaterThan(2 * 96);
    expect(receiver.got.length).toBeLessThan(2 * 96 * 2 + 40);
    await file(['c'], 2);
    for (let minute = 0; minute < 20; minute++, clock.ms += 60_000) await process.turn();
    expect(eventsOf(taken).map(({ id }) => id)).toEqual([100, 101, 200].map(uuid));
    expect((await progressOf(delivery)).failing).toBeNull();
  });

  it('sends a batch again under its id after an answer that was lost, and no event under two', async () => {
    let losing = true;
    const receiver = await startReceiver((_, response) => {
      if (losing) response.destroy();
      else response.writeHead(204).end();
      losing = !losing;
    });
    const { createTo, file, process, clock } = await open(() => receiver.policy);
    await createTo('siem', receiver.url);
    await file(['a', 'b'], 1);
    for (let turn = 0; turn < 6; turn++, clock.ms += 900_000) await process.turn();
    const rows = receiver.got.filter(({ headers }) => headers['annals-kind'] === 'rows');
    expect(rows).toHaveLength(2);
    expect(rows[0]!.headers['webhook-id']).toBe(rows[1]!.headers['webhook-id']);
    expect(rows[0]!.text).toBe(rows[1]!.text);
  });

  it('serves the others while fifty receivers that have failed before hang', async () => {
    let answer: Answering = (_, response) => response.writeHead(500).end();
    const hanging = await Promise.all(
      Array.from({ length: 50 }, () => startReceiver((...asked) => answer(...asked))),
    );
    const receiver = await startReceiver((_, response) => response.writeHead(204).end());
    const allowedPorts = [receiver, ...hanging].map(({ port }) => port);
    const held = await open(() => ({ ...receiver.policy, allowedPorts }));
    const { createTo, file, process, progressOf, clock } = held;
    const stuck = await Promise.all(hanging.map(({ url }, n) => createTo(`stuck-${n}`, url)));
    const others = await Promise.all(
      Array.from({ length: 10 }, (_, n) => createTo(`siem-${n}`, receiver.url)),
    );
    await file(['a'], 1);
    await process.turn();
    clock.ms += 60_000;
    await file(['b'], 2);
    let asked = 0;
    answer = () => void asked++;
    // Ends once the others are served: those that hang would hang longer.
    const ending = new AbortController();
    const turn = deliverAll(process.world, process.memory, { mayBegin: () => true, signal: ending.signal });
    await vi.waitUntil(() => receiver.got.length === 40 && asked === 4, { timeout: 60_000 });
    for (const delivery of others)
      await vi.waitUntil(async () => (await progressOf(delivery)).run === 2, { timeout: 60_000 });
    ending.abort();
    await turn;
    expect(eventsOf(receiver.got)).toHaveLength(20);
    for (const delivery of stuck) expect((await progressOf(delivery)).run).toBe(0);
  });
});
