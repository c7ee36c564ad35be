/**
 * Puts what was put aside back on the stream, and ends its gap once the log is filed up to there. Put first and
 * recorded then: after a crash between the two it is put again, and the log drops the duplicates. Shared by manage and
 * tick; itself no Lambda.
 */
import type { Gaps } from '#aws/state/gaps.ts';
import type { Watermarks } from '#aws/state/watermarks.ts';
import type { Stream } from '#aws/stream.ts';
import type { Redrive } from '#domain/archive/gap.ts';
import { redrivenPacks } from '#domain/archive/redrive.ts';
import { filedUntil } from '#domain/archive/watermark.ts';
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

/** What lies at `cause`, on the stream again; a fault where it cannot be. */
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

/** Ends the gaps whose redriven records have been filed. One that cannot be looked at stops no other. */
export const closeRedrivenGaps = async (world: RedriveWorld): Promise<Error[]> => {
  const failures: Error[] = [];
  for await (const cause of world.gaps.redriven()) {
    try {
      await closeGap(world, cause);
    } catch (error) {
      world.log('error', 'A redrive could not be ended', { cause, ...errorFacts(error) });
      failures.push(error as Error);
    }
  }
  return failures;
};

const closeGap = async ({ gaps, watermarks }: RedriveWorld, cause: string): Promise<void> => {
  const record = await gaps.redriveOf(cause);
  if (!record || !(await watermarks.haveReached(record.positions))) return;
  // No earlier than any of the records was filed: an answer that was frozen later holds all of them.
  const all = await watermarks.all();
  const filed = record.positions.map(({ bucket }) => filedUntil(all, bucket)).filter(at => at !== undefined);
  const ended_at = filed.sort().at(-1);
  // The event source gave all of it up once more, which is a gap of its own; the next watermark will tell.
  if (ended_at === undefined) return;
  await gaps.end(cause, { ended_at, how: 'redriven', by: record.by, reason: record.reason });
  await gaps.finishRedrive(cause);
};
