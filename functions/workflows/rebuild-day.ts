/**
 * Has the segments of a day made again. In one step the day and all after it are taken back, so that they are
 * read from the ledger, and the day is marked; the next run of compact deletes its segments, unless an open export
 * may read them, and makes them from the ledger. The days after it are proven again, and not made again. Of a day
 * that is not compacted the segments for browse are forgotten, and made again by the next run.
 */
import type { Compactions } from '#aws/state/compactions.ts';
import { noProgress } from '#domain/compact/progress.ts';
import { withoutDays } from '#domain/compact/recent.ts';
import { HeldRecord } from './compact-record.ts';
import { overtaken } from './compact-world.ts';

/** `not_compacted`: the day is read from the ledger anyway, has no segments, and compact has it before it. */
export type RebuildOutcome = 'marked' | 'not_compacted';

export const rebuildDay = async (
  compactions: Compactions,
  bucket: number,
  date: string,
): Promise<RebuildOutcome> => {
  const held = new HeldRecord(compactions, await compactions.get(bucket));
  const { compacted_to, rebuild = [] } = held.record;
  const isCompacted = compacted_to !== undefined && compacted_to >= date;
  // A day that was taken back has facts: compact may have stopped at it, because the ledger and its segments lack rows.
  if (!isCompacted && !(await held.factsOf(date, date)).has(date))
    return (await forgetRecent(compactions, bucket, date)) ? 'marked' : 'not_compacted';
  // What is recorded of the day must not be taken for work that is done. A run that is at another day goes on.
  const progress = await compactions.progress(bucket);
  if (progress.record?.date === date && !(await compactions.putProgress(noProgress(bucket, date), progress)))
    throw overtaken(`bucket ${bucket}`);
  const marked = { rebuild: [...new Set([...rebuild, date])].sort() };
  if (isCompacted) await held.lowerBelow(date, marked);
  else await held.change(marked);
  return 'marked';
};

/** False if there are none. */
const forgetRecent = async (compactions: Compactions, bucket: number, date: string): Promise<boolean> => {
  const stored = await compactions.recent(bucket);
  if (!stored.record?.days.some(day => day.date === date)) return false;
  const recent = withoutDays(stored.record, each => each === date);
  if (!(await compactions.putRecent(recent, stored))) throw overtaken(`bucket ${bucket}`);
  return true;
};
