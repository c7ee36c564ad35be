/**
 * Gives every delivery a turn, those that were served the longest ago first: at most so many at once, and so many
 * for one destination, each for a minute at most. Those whose last turn failed share a few of the places. So
 * receivers that hang, however many, slow no other.
 */
import { fewAtOnce } from '#aws/few-at-once.ts';
import type { OpenDelivery } from '#aws/state/deliveries.ts';
import { isUnreadable, orUnreadable } from '#aws/state/record.ts';
import type { Delivery } from '#domain/deliver/delivery.ts';
import type { Destination } from '#domain/deliver/destination.ts';
import { type Progress, stopOf } from '#domain/deliver/progress.ts';
import { errorFacts } from '#functions/runtime/log.ts';
import { advanceDelivery, type Owners } from './advance-delivery.ts';
import type { DeliverWorld } from './deliver-world.ts';
import { DeliveryOvertaken } from './delivery-turn.ts';
import { dropAllSecrets } from './drop-old-secrets.ts';

export const turnMs = 60_000;
const turnsAtOnce = 16;
const turnsPerHost = 4;
const failingAtOnce = 4;
/** The entry of a delivery that was never made is dropped after this. */
const orphanAfterMs = 3_600_000;

/** What is remembered between the calls in one process; all of it can be lost. */
export type DeliverMemory = {
  owners: Owners;
  /** The deliveries as they were read, by the keys of their entries. */
  known: Map<string, { etag: string; delivery: Delivery }>;
  /** When each had its last turn, in milliseconds. */
  served: Map<string, number>;
  /** Those whose last turn failed. */
  failing: Map<string, true>;
  /** When an entry without a delivery was seen first, as which version. */
  orphans: Map<string, { etag: string; sinceMs: number }>;
};

export type DeliverSettings = {
  /** No turn is begun once this says no. */
  mayBegin(): boolean;
  /** Ends the turns. */
  signal: AbortSignal;
};

type Open = { key: string; etag: string; delivery: Delivery };

/** Returns what failed, and whether there is more to do at once. */
export const deliverAll = async (
  world: DeliverWorld,
  memory: DeliverMemory,
  settings: DeliverSettings,
): Promise<{ failures: Error[]; more: boolean }> => {
  const failures: Error[] = [];
  const open = await openDeliveries(world, memory, failures);
  const lag = new Lag(world);
  let more = false;
  const isFailing = ({ key }: Open): boolean => memory.failing.has(key);
  await inTurns(open, isFailing, async ({ key, etag, delivery }) => {
    if (!settings.mayBegin()) return;
    const startedMs = world.nowMs();
    memory.served.set(key, startedMs);
    const signal = AbortSignal.any([settings.signal, AbortSignal.timeout(turnMs)]);
    const hasTime = (): boolean => !settings.signal.aborted && world.nowMs() - startedMs < turnMs / 2;
    try {
      const end = await advanceDelivery({ ...world, owners: memory.owners }, delivery, { hasTime, signal });
      if (end.delivery.isDeleted) {
        // Before the entry, which brings us here again after a crash.
        await dropAllSecrets(world, end.delivery);
        await world.deliveries.forget({ key, etag });
      }
      if (end.delivery.version !== delivery.version || end.delivery.isDeleted) memory.known.delete(key);
      more ||= end.more;
      if (end.progress?.failing) memory.failing.set(key, true);
      else memory.failing.delete(key);
      lag.add(end.delivery, end.progress);
    } catch (error) {
      memory.known.delete(key);
      if (error instanceof DeliveryOvertaken) return;
      const facts = { delivery_id: delivery.id, ...errorFacts(error) };
      world.log('error', 'A delivery could not be worked on', facts);
      failures.push(error as Error);
    }
  });
  lag.measure(failures.length);
  return { failures, more };
};

const openDeliveries = async (
  world: DeliverWorld,
  memory: DeliverMemory,
  failures: Error[],
): Promise<Open[]> => {
  const entries = await world.deliveries.open();
  const keys = new Set(entries.map(({ key }) => key));
  for (const map of [memory.known, memory.served, memory.failing, memory.orphans])
    for (const key of map.keys()) if (!keys.has(key)) map.delete(key);
  const found = await fewAtOnce(entries, async (entry): Promise<Open[]> => {
    const { key, etag } = entry;
    const known = memory.known.get(key);
    if (known?.etag === etag) return [{ key, etag, delivery: known.delivery }];
    const read = await orUnreadable(world.deliveries.whichIs(entry));
    if (isUnreadable(read)) {
      world.log('error', 'A record is damaged', errorFacts(read));
      failures.push(read);
      return [];
    }
    if (!read.delivery) {
      await dropOrphan(world, memory, entry);
      return [];
    }
    memory.orphans.delete(key);
    if (read.isSettled && !read.delivery.intent) memory.known.set(key, { etag, delivery: read.delivery });
    return [{ key, etag, delivery: read.delivery }];
  });
  const servedMs = ({ key }: Open): number => memory.served.get(key) ?? 0;
  return found.flat().sort((a, b) => servedMs(a) - servedMs(b));
};

/** Its first event may be about to be stored. */
const dropOrphan = async (
  world: DeliverWorld,
  { orphans }: DeliverMemory,
  { key, etag }: OpenDelivery,
): Promise<void> => {
  const seen = orphans.get(key);
  const sinceMs = seen?.etag === etag ? seen.sinceMs : world.nowMs();
  orphans.set(key, { etag, sinceMs });
  if (world.nowMs() - sinceMs > orphanAfterMs) await world.deliveries.forget({ key, etag });
};

/** Runs work for each delivery, in their order as far as the limits allow. */
const inTurns = async (
  open: readonly Open[],
  isFailing: (open: Open) => boolean,
  work: (open: Open) => Promise<void>,
): Promise<void> => {
  const waiting = [...open];
  const hosts = new Map<string, number>();
  let failing = 0;
  const next = (): Open | undefined => {
    const at = waiting.findIndex(
      one =>
        (hosts.get(hostOf(one.delivery)) ?? 0) < turnsPerHost &&
        !(isFailing(one) && failing >= failingAtOnce),
    );
    return at < 0 ? undefined : waiting.splice(at, 1)[0];
  };
  const begin = async (): Promise<void> => {
    for (let one = next(); one; one = next()) {
      const host = hostOf(one.delivery);
      const place = isFailing(one) ? 1 : 0;
      hosts.set(host, (hosts.get(host) ?? 0) + 1);
      failing += place;
      try {
        await work(one);
      } finally {
        hosts.set(host, hosts.get(host)! - 1);
        failing -= place;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(turnsAtOnce, open.length) }, begin));
};

/** Deliveries of one host share its limit. */
export const hostOf = ({ definition, intent, id }: Delivery): string => {
  const destination: Destination | undefined = (definition ?? intent?.definition)?.destination;
  switch (destination?.type) {
    case 'https':
      return new URL(destination.url).host;
    case 's3':
      return `s3 ${destination.bucket}`;
    case 'directory':
      return 'directory';
    case undefined:
      return id;
  }
};

/** How far behind deliveries are, and how many of them cannot go on. */
class Lag {
  readonly #world: DeliverWorld;
  #failing = 0;
  #seconds = 0;
  #isAny = false;

  constructor(world: DeliverWorld) {
    this.#world = world;
  }

  add(delivery: Delivery, progress: Progress | undefined): void {
    if (!progress || delivery.definition?.paused || progress.tested_at === null) return;
    this.#isAny = true;
    if (progress.failing || stopOf(progress, delivery)) this.#failing += 1;
    const seconds = (this.#world.nowMs() - Date.parse(progress.scanned_to)) / 1000;
    this.#seconds = Math.max(this.#seconds, seconds);
  }

  measure(failures: number): void {
    if (!this.#isAny && failures === 0) return;
    this.#world.metrics({
      FailingDeliveries: this.#failing + failures,
      DeliveryLag: Math.max(0, this.#seconds),
    });
  }
}
