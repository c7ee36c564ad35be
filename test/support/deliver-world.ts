/** Deliveries on a log in memory, with a destination in memory; state and destination can fail at any request. */
import { createHash } from 'node:crypto';
import { LedgerDays } from '#aws/ledger-days.ts';
import { LedgerRows } from '#aws/ledger-rows.ts';
import { Deliveries } from '#aws/state/deliveries.ts';
import { DeliverySecrets } from '#aws/state/delivery-secrets.ts';
import { DeliveryWork } from '#aws/state/delivery-work.ts';
import { Leases } from '#aws/state/leases.ts';
import type { SelfAuditEvent } from '#domain/access/self-audit-event.ts';
import type { Definition, Delivery, Origin } from '#domain/deliver/delivery.ts';
import type { DeliveryNotification } from '#domain/deliver/delivery-notification.ts';
import type { DeliveryFault } from '#domain/deliver/destination.ts';
import { type DeliveryPlace, placeOfDelivery } from '#domain/deliver/layout.ts';
import { firstProgress } from '#domain/deliver/progress.ts';
import { deliveryLimits } from '#domain/deliver/run.ts';
import { dataKeyOf } from '#domain/deliver/sealed-secrets.ts';
import type { Part, Sender, SendOutcome } from '#domain/deliver/sender.ts';
import { LeastRecentlyUsed } from '#domain/least-recently-used.ts';
import { type Instant, instantOfMilliseconds } from '#domain/time.ts';
import { applyDeliveryChange } from '#functions/workflows/change-delivery.ts';
import { deliverAll, noDeliverMemory } from '#functions/workflows/deliver-all.ts';
import type { DeliverWorld } from '#functions/workflows/deliver-world.ts';
import { openBrowseWorld } from './browse-world.ts';
import { memoryBucket, type OnRequest } from './memory-bucket.ts';

/** What a destination holds, by key: the text of each part. */
export type Held = Map<string, { text: string; kind: Part['kind'] }>;

/** A destination of objects, which keeps what it has; `answer` may fail a part before or after it is there. */
export const objectSender = (
  held: Held,
  place: DeliveryPlace,
  answer: (part: Part) => 'take' | 'lose' | DeliveryFault = () => 'take',
): Sender => ({
  send: async (part): Promise<SendOutcome> => {
    const verdict = answer(part);
    if (verdict !== 'take' && verdict !== 'lose') return { kind: 'failed', code: verdict };
    const key = placeOfDelivery(place) + part.key;
    const text = part.text.toString();
    if (createHash('sha256').update(text).digest('hex') !== part.sha256) throw new Error('Another text');
    const there = held.get(key);
    if (there && there.text !== text) return { kind: 'failed', code: 'key_taken' };
    held.set(key, { text, kind: part.kind });
    // It is there, and nobody is told.
    return verdict === 'lose' ? { kind: 'failed', code: 'timed_out' } : { kind: 'done' };
  },
  test: async () => ({ kind: 'done' }),
});

export const definition: Definition = {
  destination: { type: 'directory', path: 'acme' },
  format: 'json',
  form_version: 1,
  paused: false,
};

export const openDeliverWorld = async () => {
  const browse = await openBrowseWorld();
  const { places, ledger } = browse;
  const clock = { ms: Date.parse('2026-11-26T12:00:00Z') };
  const control: { onRequest: OnRequest; answer: (part: Part) => 'take' | 'lose' | DeliveryFault } = {
    onRequest: () => undefined,
    answer: () => 'take',
  };
  const held: Held = new Map();
  const audited: SelfAuditEvent[] = [];
  const told: DeliveryNotification[] = [];
  const measured: Record<string, number>[] = [];
  const said: Record<string, unknown>[] = [];
  /** A process: it shares the places with all others, and nothing else. */
  const start = (change: Partial<DeliverWorld> = {}) => {
    const state = memoryBucket('state', places.state, (...request) => control.onRequest(...request)).objects;
    const world: DeliverWorld = {
      ...browse.world,
      days: new LedgerDays(ledger),
      rows: new LedgerRows(ledger),
      deliveries: new Deliveries(state, browse.world.buckets),
      work: new DeliveryWork(state),
      secrets: new DeliverySecrets(state, async () => dataKeyOf('test')),
      installation: 'test',
      selfAudit: {
        record: async (event: SelfAuditEvent) => void audited.push(event),
      } as unknown as DeliverWorld['selfAudit'],
      tell: async notification => void told.push(notification),
      openSender: async (_, place) => objectSender(held, place, part => control.answer(part)),
      leases: new Leases(state, () => clock.ms),
      leaseMs: 0,
      limits: deliveryLimits,
      ocsf: {},
      keyWindows: new LeastRecentlyUsed(1e9),
      stallSeconds: 900,
      random: () => 0,
      metrics: values => void measured.push(values as Record<string, number>),
      log: (_, message, facts) => void said.push({ message, ...facts }),
      nowMs: () => clock.ms,
      ...change,
    };
    const memory = noDeliverMemory();
    const turn = () =>
      deliverAll(world, memory, { mayBegin: () => true, signal: new AbortController().signal });
    return { world, memory, turn };
  };
  const setUp = start();
  const now = (): Instant => instantOfMilliseconds(clock.ms);
  /** Makes a delivery whose test has passed. */
  const create = async (
    id: string,
    { from, scopeId = 'acme', ...change }: Partial<Definition> & Pick<Origin, 'from'> & { scopeId?: string },
  ): Promise<Delivery> => {
    const { world } = setUp;
    const asked = await world.deliveries.append(undefined, {
      type: 'changing',
      at: now(),
      scope_id: scopeId,
      id,
      kind: 'create',
      definition: { ...definition, ...change },
      origin: { from, incarnation: '00000000', external_id: 'x' },
      by: { role: 'operator', principal: 'p' },
    });
    const delivery = await applyDeliveryChange(world, asked!);
    await world.work.begin(delivery, { ...firstProgress(from), tested_at: now() });
    return delivery;
  };
  const change = async (
    delivery: Delivery,
    kind: 'update' | 'pause' | 'resume' | 'delete' | 'replay',
    wanted: Partial<Definition> = {},
    replay?: { id: string; first_run: number; last_run: number },
  ): Promise<Delivery> => {
    const { world } = setUp;
    const before = (await world.deliveries.get(delivery.scopeId, delivery.id))!;
    const next = await world.deliveries.append(before, {
      type: 'changing',
      at: now(),
      scope_id: before.scopeId,
      id: before.id,
      kind,
      definition: { ...before.definition!, ...wanted },
      by: { role: 'operator', principal: 'p' },
      ...(replay ? { replay } : {}),
    });
    return applyDeliveryChange(world, next!);
  };
  const progressOf = async (delivery: Delivery) => (await setUp.world.work.progress(delivery))!.progress;
  return {
    ...browse,
    ...{ audited, told, said, measured },
    start,
    create,
    change,
    progressOf,
    control,
    held,
    clock,
    world: setUp.world,
  };
};

export type HeldManifest = {
  cause: string;
  run: number;
  rows: number;
  read: number;
  filtered: number;
  dropped: number;
  filed_from: Instant;
  filed_to: Instant;
  previous_sha256: string | null;
};

/** The ids of the events of a delivery's objects, in the order of their keys; and its manifests. */
export const readHeld = (held: Held, id: string) => {
  const its = [...held]
    .filter(([key]) => key.includes(`/delivery=${id}.`))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const first = its.filter(([key]) => !key.includes('/replay='));
  const lines = (entries: typeof its) =>
    entries
      .filter(([, { kind }]) => kind === 'rows')
      .flatMap(([, { text }]) => text.trimEnd().split('\n'))
      .map(line => JSON.parse(line) as { id: string; action: string; occurred_at: Instant });
  const manifests = first
    .filter(([, { kind }]) => kind === 'manifest')
    .map(([, { text }]) => ({ ...(JSON.parse(text) as HeldManifest), text }))
    .sort((a, b) => a.run - b.run);
  return {
    events: lines(first),
    replayed: lines(its.filter(([key]) => key.includes('/replay='))),
    manifests,
    keys: its.map(([key]) => key),
  };
};
