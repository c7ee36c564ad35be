/**
 * A turn of a delivery: what is known of it while somebody works on it. Its progress is replaced only as the version
 * that was read, so a holder who was overtaken can record nothing.
 */

import type { Delivery } from '#domain/deliver/delivery.ts';
import { type Failure, type Progress, withFailure } from '#domain/deliver/progress.ts';
import type { Sender } from '#domain/deliver/sender.ts';
import type { DeliverWorld } from './deliver-world.ts';

/** Somebody else works on the delivery: this turn ends, and nothing is wrong. */
export class DeliveryOvertaken extends Error {
  constructor({ id }: Pick<Delivery, 'id'>) {
    super(`Another process works on the delivery ${id}; this one ends`);
    this.name = 'DeliveryOvertaken';
  }
}

export type Turn = {
  world: DeliverWorld;
  delivery: Delivery;
  bucket: number;
  progress: Progress;
  /** Of the stored progress; undefined if it must be read again. */
  etag: string | undefined;
  /**
   * Takes the delivery for this process, and opens what sends, the first time; throws `DeliveryOvertaken` if another
   * process has it. Called only once there is something to send, since each lease is two puts.
   */
  open(): Promise<Sender>;
  hasTime(): boolean;
  signal: AbortSignal;
  /** Aborted once the process ends: what is not taken then is no fault of the destination. */
  ending?: AbortSignal | undefined;
};

/** Stores the progress. */
export const save = async (
  turn: Pick<Turn, 'world' | 'delivery' | 'progress' | 'etag'>,
  progress: Progress,
): Promise<void> => {
  const { world, delivery } = turn;
  const etag = turn.etag ?? (await etagOf(turn));
  if (!(await world.work.put(delivery, progress, etag))) throw new DeliveryOvertaken(delivery);
  turn.progress = progress;
  turn.etag = undefined;
};

/** A put does not say which version it made. */
export const etagOf = async ({
  world,
  delivery,
  progress,
}: Pick<Turn, 'world' | 'delivery' | 'progress'>): Promise<string> => {
  const stored = await world.work.progress(delivery);
  if (!stored || JSON.stringify(stored.progress) !== JSON.stringify(progress))
    throw new DeliveryOvertaken(delivery);
  return stored.etag;
};

/** Records that the destination did not take something. */
export const fail = async (turn: Turn, failure: Failure, progress = turn.progress): Promise<void> => {
  const { world, delivery } = turn;
  const { code, status = null } = failure;
  world.log('warn', 'A destination does not take what is delivered', {
    delivery_id: delivery.id,
    code,
    status,
  });
  const when = { nowMs: world.nowMs(), resumes: delivery.resumes, random: world.random() };
  await save(turn, withFailure(progress, failure, when));
};
