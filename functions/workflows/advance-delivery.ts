/**
 * One turn of a delivery: makes a change that was left half done, looks whether its owner may still have it, and
 * hands over run after run until nothing is left, the destination fails, or the time of the turn is over.
 */
import { bucketOf } from '#domain/archive/bucket.ts';
import { type Delivery, decidePause } from '#domain/deliver/delivery.ts';
import { deliveryLeaseKey } from '#domain/deliver/layout.ts';
import { firstProgress, isPauseOver, type Progress, stopOf } from '#domain/deliver/progress.ts';
import type { Sender } from '#domain/deliver/sender.ts';
import type { LeastRecentlyUsed } from '#domain/least-recently-used.ts';
import { errorFacts } from '#functions/runtime/log.ts';
import { applyDeliveryChange } from './change-delivery.ts';
import { type DeliverWorld, nowOf } from './deliver-world.ts';
import { DeliveryOvertaken, etagOf, type Turn } from './delivery-turn.ts';
import { nextRun } from './freeze-run.ts';
import { openSender } from './open-sender.ts';
import { replayNext } from './replay-run.ts';
import { sayState } from './say-state.ts';
import { sendRun } from './send-run.ts';

export type TurnLimits = {
  hasTime(): boolean;
  signal: AbortSignal;
  /** Aborted once the process ends: what is not taken then is no fault of the destination. */
  ending?: AbortSignal | undefined;
  /** The turn is one of those for deliveries that work, so nothing that may hang again is tried. */
  isForWell?: boolean | undefined;
};
/**
 * What a turn leaves. `more`: there is more to do at once. `isFailing`: it was not tried, since it had failed and the
 * turn was not for those.
 */
export type TurnEnd = {
  delivery: Delivery;
  progress: Progress | undefined;
  more: boolean;
  isFailing?: boolean | undefined;
};

/** When the owner of a delivery was looked up last, and whether they were an admin. */
export type Owners = LeastRecentlyUsed<{ atMs: number; isAdmin: boolean }>;
const ownerKnownMs = 5 * 60_000;

export const advanceDelivery = async (
  world: DeliverWorld & { owners: Owners },
  given: Delivery,
  limits: TurnLimits,
): Promise<TurnEnd> => {
  let delivery = await applyDeliveryChange(world, given);
  if (!delivery.definition || delivery.isDeleted) return { delivery, progress: undefined, more: false };
  const stored = await progressOf(world, delivery);
  if (!(await sayLeft(world, delivery, stored))) return { delivery, progress: stored.progress, more: false };
  const idle = { delivery, progress: stored.progress, more: false };
  if (!mayWork(world, delivery, stored.progress)) return idle;
  if (limits.isForWell && stored.progress.failing) return { ...idle, isFailing: true };
  const owner = await lookUpOwner(world, delivery);
  if (owner === 'unknown') return idle;
  if (owner === 'gone' && !delivery.definition.paused) {
    const paused = await world.deliveries.append(delivery, decidePause(delivery, nowOf(world)));
    if (!paused) return idle;
    delivery = await applyDeliveryChange(world, paused);
  }
  let sender: Promise<Sender> | undefined;
  let release: (() => Promise<void>) | undefined;
  const begin = async (): Promise<Sender> => {
    release = await holdDelivery(world, delivery);
    if (!release) throw new DeliveryOvertaken(delivery);
    // Who had it may have sent the run that was found here, and given the delivery back since.
    if (world.leaseMs > 0) turn.etag = await etagOf(turn);
    return openSender(world, delivery);
  };
  const open = (): Promise<Sender> => {
    sender ??= begin();
    return sender;
  };
  const bucket = bucketOf(delivery.scopeId, world.buckets);
  const turn: Turn = { world, delivery, bucket, ...stored, open, ...limits };
  try {
    const more = await work(turn);
    // Not only in the next turn: on a quiet log that may be a minute later.
    await sayState(world, delivery, turn);
    return { delivery, progress: turn.progress, more };
  } catch (error) {
    if (error instanceof DeliveryOvertaken) return idle;
    throw error;
  } finally {
    await release?.();
  }
};

/**
 * Says what an earlier turn has left unsaid. Only as its holder: a turn of another process would lose its place if the
 * progress changed meanwhile. False if another one has it.
 */
const sayLeft = async (
  world: DeliverWorld,
  delivery: Delivery,
  stored: { progress: Progress; etag: string | undefined },
): Promise<boolean> => {
  if (!stored.progress.unsaid) return true;
  const release = await holdDelivery(world, delivery);
  if (!release) return false;
  try {
    await sayState(world, delivery, stored);
  } finally {
    await release();
  }
  return true;
};

const work = async (turn: Turn): Promise<boolean> => {
  while (turn.hasTime()) {
    const next = await nextRun(turn);
    if (next === 'moved') continue;
    const outcome = next === 'idle' ? await replayNext(turn) : await sendRun(turn, next.run, next.parts);
    if (outcome !== 'done') return outcome === 'unfinished';
  }
  return true;
};

/** The progress; it begins where the delivery was told to begin. */
export const progressOf = async (
  { work: store }: Pick<DeliverWorld, 'work'>,
  delivery: Delivery,
): Promise<{ progress: Progress; etag: string }> => {
  const stored = await store.progress(delivery);
  if (stored) return stored;
  await store.begin(delivery, firstProgress(delivery.origin.from));
  return (await store.progress(delivery))!;
};

/** Whether anything may be sent now. */
const mayWork = ({ nowMs }: DeliverWorld, delivery: Delivery, progress: Progress): boolean => {
  if (progress.tested_at === null || stopOf(progress, delivery)) return false;
  if (delivery.definition!.paused && progress.last_manifest?.cause === 'pause') return false;
  return isPauseOver(progress, nowMs());
};

/** A directory that cannot say is no reason to pause, and no permission to send. */
const lookUpOwner = async (
  { adminDirectory, owners, nowMs, log }: DeliverWorld & { owners: Owners },
  { scopeId, id, definition }: Delivery,
): Promise<'admin' | 'gone' | 'unknown'> => {
  const owner = definition!.requested_by;
  if (owner === undefined) return 'admin';
  const key = JSON.stringify([scopeId, owner]);
  const known = owners.get(key);
  // Who is gone may be back, and have resumed the delivery.
  if (known?.isAdmin && Math.abs(nowMs() - known.atMs) < ownerKnownMs) return 'admin';
  try {
    const isAdmin = await adminDirectory.isAdmin(scopeId, owner);
    owners.set(key, { atMs: nowMs(), isAdmin }, 1);
    return isAdmin ? 'admin' : 'gone';
  } catch (error) {
    log('error', 'The owner of a delivery cannot be looked up, so nothing is sent', {
      delivery_id: id,
      ...errorFacts(error),
    });
    return 'unknown';
  }
};

/** Takes the delivery for this process; undefined if another one has it. */
const holdDelivery = async (
  { leases, leaseMs }: DeliverWorld,
  { scopeId, id }: Delivery,
): Promise<(() => Promise<void>) | undefined> => {
  if (leaseMs === 0) return async () => undefined;
  const lease = await leases.take(deliveryLeaseKey(scopeId, id), leaseMs);
  return lease && (() => leases.giveBack(lease));
};
