/**
 * Tests the destination of a delivery. The first test that passes lets the delivery begin; each is remembered in its
 * health. The answer has a closed code and a status, and nothing that the destination said.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Delivery } from '#domain/deliver/delivery.ts';
import { firstProgress, type Progress, withFailure, withSuccess } from '#domain/deliver/progress.ts';
import type { SendOutcome } from '#domain/deliver/sender.ts';
import { type DeliverWorld, nowOf } from './deliver-world.ts';
import { DeliveryOvertaken } from './delivery-turn.ts';
import { openSender, type SenderWorld } from './open-sender.ts';

const testMs = 20_000;
const attempts = 5;

export type TestWorld = SenderWorld & Pick<DeliverWorld, 'work' | 'nowMs' | 'random'>;
export type TestResult = Extract<SendOutcome, { kind: 'failed' }> | { kind: 'done' };

/**
 * Throws `DeliveryOvertaken` if the delivery was changed meanwhile, or the result could not be recorded: then nothing
 * shows it, and a delivery that is new does not begin.
 */
export const testDelivery = async (world: TestWorld, delivery: Delivery): Promise<TestResult> => {
  const sender = await openSender(world, delivery);
  const outcome = await sender.test(AbortSignal.timeout(testMs));
  await world.work.begin(delivery, firstProgress(delivery.origin.from));
  // A turn of the delivery may record something at the same time.
  for (let attempt = 0; attempt < attempts; attempt++) {
    const { progress, etag } = (await world.work.progress(delivery))!;
    const next = afterTest(world, delivery, progress, outcome);
    // A put that changes nothing would still take its place from a turn.
    if (isDeepStrictEqual(next, progress) || (await world.work.put(delivery, next, etag)))
      return outcome.kind === 'done' ? { kind: 'done' } : outcome;
  }
  throw new DeliveryOvertaken(delivery);
};

const afterTest = (
  world: TestWorld,
  { resumes }: Delivery,
  progress: Progress,
  outcome: SendOutcome,
): Progress => {
  const at = nowOf(world);
  if (outcome.kind === 'done') {
    const { stopped } = progress;
    return { ...withSuccess(progress, at), stopped, tested_at: progress.tested_at ?? at };
  }
  const { errors } = withFailure(progress, outcome, {
    nowMs: world.nowMs(),
    resumes,
    random: world.random(),
  });
  return { ...progress, errors };
};
