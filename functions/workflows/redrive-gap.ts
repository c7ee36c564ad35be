/**
 * Puts the records of a gap back on the stream, and ends the gap once they have been filed. The redrive is
 * recorded after the put: after a crash in between the records are put again, and the log drops the
 * duplicates. Shared by manage and tick; not a Lambda.
 */
import type { Gaps } from '#aws/state/gaps.ts';
import type { Watermarks } from '#aws/state/watermarks.ts';
import type { Stream } from '#aws/stream.ts';
import type { Redrive } from '#domain/archive/gap.ts';
import { lastFiled, redrivenPacks } from '#domain/archive/redrive.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { errorFacts, type Log } from '#functions/runtime/log.ts';

export type RedriveWorld = {
  buckets: number;
  stream: Pick<Stream, 'putAll'>;
  gaps: Gaps;
  watermarks: Pick<Watermarks, 'all' | 'haveReached'>;
  nowMs(): number;
  log: Log;
};

/** Puts the records at `cause` back on the stream; returns the reason if that is impossible. */
export const redrive = async (
  world: RedriveWorld,
  cause: string,
  text: string,
  { by, reason }: Pick<Redrive, 'by' | 'reason'>,
): Promise<Redrive | { fault: string }> => {
  const packs = redrivenPacks(cause, text, world.buckets);
  if ('fault' in packs) return packs;
  const positions = await world.stream.putAll(packs);
  const record = { at: instantOfMilliseconds(world.nowMs()), by, reason, positions };
  await world.gaps.startRedrive(cause, record);
  return record;
};

/** Ends the gaps whose redriven records have been filed. One that fails does not stop the others. */
export const advanceRedrives = async (world: RedriveWorld): Promise<Error[]> => {
  const failures: Error[] = [];
  for await (const cause of world.gaps.redriven()) {
    try {
      await advanceRedrive(world, cause);
    } catch (error) {
      world.log('error', 'A redrive could not be ended', { cause, ...errorFacts(error) });
      failures.push(error as Error);
    }
  }
  return failures;
};

const advanceRedrive = async ({ gaps, watermarks }: RedriveWorld, cause: string): Promise<void> => {
  const record = await gaps.redriveOf(cause);
  if (!record || !(await watermarks.haveReached(record.positions))) return;
  // Not before any of the records was filed: an answer that is frozen after this contains all of them.
  const ended_at = lastFiled(record.positions, await watermarks.all());
  // The event source gave all of them up again, which is a gap of its own; the next watermark will show it.
  if (ended_at === undefined) return;
  await gaps.end(cause, { ended_at, how: 'redriven', by: record.by, reason: record.reason });
  await gaps.finishRedrive(cause);
};
