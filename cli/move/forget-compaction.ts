/**
 * Has every day compacted again: a stack that has filed nothing has compacted all of its days, which were empty, and
 * readers would not look into the ledger for what was copied there.
 */
import type { Objects } from '#aws/objects.ts';
import { Compactions } from '#aws/state/compactions.ts';
import { allBuckets } from '#domain/archive/bucket.ts';
import { HeldRecord } from '#functions/workflows/compact-record.ts';
import { CompactionOvertaken } from '#functions/workflows/compact-world.ts';

/** compact has a bucket for some seconds at a time. */
const attempts = 20;

/** `firstDay` is the first day on which anything was filed. */
export const forgetCompaction = async (
  state: Objects,
  buckets: number,
  firstDay: string,
  pause: () => Promise<void>,
): Promise<void> => {
  const compactions = new Compactions(state);
  for (const bucket of allBuckets(buckets))
    for (let attempt = 1; ; attempt++)
      try {
        await new HeldRecord(compactions, await compactions.get(bucket)).lowerBelow(firstDay);
        break;
      } catch (error) {
        if (!(error instanceof CompactionOvertaken) || attempt === attempts) throw error;
        await pause();
      }
};
