/**
 * Gives every delivery a turn, those that were served the longest ago first, each for a minute at most; who has one at
 * the same time is up to `delivery-turns.ts`. So receivers that hang, however many, slow no other.
 */
import { fewAtOnce } from '#aws/few-at-once.ts';
import type { OpenDelivery } from '#aws/state/deliveries.ts';
import { isUnreadable, orUnreadable } from '#aws/state/record.ts';
import type { Watermark } from '#domain/archive/watermark.ts';
import type { Delivery } from '#domain/deliver/delivery.ts';
import type { Destination } from '#domain/deliver/destination.ts';
import { type Progress, stopOf } from '#domain/deliver/progress.ts';
import { LeastRecentlyUsed } from '#domain/least-recently-used.ts';
import type { Instant } from '#domain/time.ts';
import { errorFacts } from '#functions/runtime/log.ts';
import { advanceDelivery, type Owners } from './advance-delivery.ts';
import type { DeliverWorld } from './deliver-world.ts';
import { DeliveryOvertaken } from './delivery-turn.ts';
import { type Asked, DeliveryTurns } from './delivery-turns.ts';
import { dropAllSecrets } from './drop-old-secrets.ts';

export const turnMs = 60_000;
/** The entry of a delivery that was never made is dropped after this. */
const orphanAfterMs = 3_600_000;

/** What is remembered between the calls in one process; all of it can be lost. */
export type DeliverMemory = {
  owners: Owners;
  /** The deliveries as they were read, by the keys of their entries. */
  known: Map<string, { etag: string; delivery: Delivery }>;
  /** When each had its last turn, in milliseconds. */
  served: Map<string, number>;
  /** How the last turn of each has ended. */
  ends: Map<string, DeliveryEnd>;
  /** When an entry without a delivery was seen first, as which version. */
  orphans: Map<string, { etag: string; sinceMs: number }>;
  turns: DeliveryTurns;
  /** As the newest look has found them. */
  watermarks: Promise<Watermark[]> | undefined;
};

export const noDeliverMemory = (): DeliverMemory => ({
  owners: new LeastRecentlyUsed(10_000),
  known: new Map(),
  served: new Map(),
  ends: new Map(),
  orphans: new Map(),
  turns: new DeliveryTurns(),
  watermarks: undefined,
});

/** `behindSince`: everything that was filed before is handed over; null if nothing is to be. */
export type DeliveryEnd = { isFailing: boolean; isStuck: boolean; behindSince: Instant | null };

export type DeliverSettings = {
  /** No turn is begun once this says no. */
  mayBegin(): boolean;
  /** Ends the turns. */
  signal: AbortSignal;
  /** Called as soon as it is known that there is more to do at once. */
  onMore?(): void;
};

type Open = { key: string; etag: string; delivery: Delivery };

/**
 * Returns once the turns that it gave have ended: what failed, and whether there is more to do at once. It may be
 * called again before, with the same memory: that call gives turns to those that have none.
 */
export const deliverAll = async (
  world: DeliverWorld,
  memory: DeliverMemory,
  settings: DeliverSettings,
): Promise<{ failures: Error[]; more: boolean }> => {
  const failures: Error[] = [];
  // Read again by the first turn that needs it: this look may have been asked for since they have moved.
  memory.watermarks = undefined;
  const open = await openDeliveries(world, memory, failures);
  let more = false;
  const goOn = (): void => {
    more = true;
    settings.onMore?.();
  };
  const asked = open.map((one): Asked => {
    const { key, delivery } = one;
    return {
      key,
      host: hostOf(delivery),
      isFailing: () => memory.ends.get(key)?.isFailing ?? false,
      turn: async isFailing => {
        if (!settings.mayBegin()) return 'done';
        try {
          const end = await turnOf(world, memory, { one, settings, isForWell: !isFailing });
          if (end === 'more') goOn();
          return end === 'failing' ? 'again' : 'done';
        } catch (error) {
          memory.known.delete(key);
          if (error instanceof DeliveryOvertaken) return 'done';
          const facts = { delivery_id: delivery.id, ...errorFacts(error) };
          world.log('error', 'A delivery could not be worked on', facts);
          failures.push(error as Error);
          return 'done';
        }
      },
      missed: goOn,
    };
  });
  await memory.turns.give(asked);
  measureLag(world, memory, failures.length);
  return { failures, more };
};

/** `failing`: it waits for one of the places for those that fail. */
const turnOf = async (
  world: DeliverWorld,
  memory: DeliverMemory,
  { one, settings, isForWell }: { one: Open; settings: DeliverSettings; isForWell: boolean },
): Promise<'done' | 'more' | 'failing'> => {
  const { key, etag, delivery } = one;
  const startedMs = world.nowMs();
  memory.served.set(key, startedMs);
  const signal = AbortSignal.any([settings.signal, AbortSignal.timeout(turnMs)]);
  const hasTime = (): boolean => !settings.signal.aborted && world.nowMs() - startedMs < turnMs / 2;
  const turnWorld = { ...world, owners: memory.owners, watermarks: sharedWatermarks(world, memory) };
  const end = await advanceDelivery(turnWorld, delivery, {
    hasTime,
    signal,
    ending: settings.signal,
    isForWell,
  });
  if (end.delivery.isDeleted) {
    // Before the entry, which brings us here again after a crash.
    await dropAllSecrets(world, end.delivery);
    await world.deliveries.forget({ key, etag });
  }
  if (end.delivery.version !== delivery.version || end.delivery.isDeleted) memory.known.delete(key);
  memory.ends.set(key, endOf(end.delivery, end.progress));
  if (end.isFailing) return 'failing';
  return end.more ? 'more' : 'done';
};

/** All turns of a look have the same ones; a later look reads them again. */
const sharedWatermarks = (world: DeliverWorld, memory: DeliverMemory): DeliverWorld['watermarks'] => ({
  all: () => {
    memory.watermarks ??= world.watermarks.all().catch(error => {
      memory.watermarks = undefined;
      throw error;
    });
    return memory.watermarks;
  },
});

const openDeliveries = async (
  world: DeliverWorld,
  memory: DeliverMemory,
  failures: Error[],
): Promise<Open[]> => {
  const entries = await world.deliveries.open();
  const keys = new Set(entries.map(({ key }) => key));
  for (const map of [memory.known, memory.served, memory.ends, memory.orphans])
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

/** Deliveries of one host share its limit. */
export const hostOf = ({ definition, intent, id }: Delivery): string => {
  const destination: Destination | undefined = (definition ?? intent?.definition)?.destination;
  switch (destination?.type) {
    case 'https':
      return new URL(destination.url).host;
    case 's3':
      return `s3 ${destination.bucket}`;
    case 'directory':
      return `directory ${destination.path}`;
    case undefined:
      return id;
  }
};

const endOf = (delivery: Delivery, progress: Progress | undefined): DeliveryEnd => {
  const isFailing = Boolean(progress?.failing);
  if (!progress || delivery.definition?.paused || progress.tested_at === null)
    return { isFailing, isStuck: false, behindSince: null };
  const isStuck = isFailing || stopOf(progress, delivery) !== null;
  return { isFailing, isStuck, behindSince: progress.scanned_to };
};

/** How far behind deliveries are, and how many of them cannot go on. */
const measureLag = (world: DeliverWorld, memory: DeliverMemory, failures: number): void => {
  const ends = [...memory.ends.values()].filter(({ behindSince }) => behindSince !== null);
  if (ends.length === 0 && failures === 0) return;
  const seconds = ends.map(({ behindSince }) => (world.nowMs() - Date.parse(behindSince!)) / 1000);
  world.metrics({
    FailingDeliveries: ends.filter(({ isStuck }) => isStuck).length + failures,
    DeliveryLag: seconds.reduce((most, one) => Math.max(most, one), 0),
  });
};
