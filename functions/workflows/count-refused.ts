/** Counts the refused events that an export lacks. */
import type { Objects } from '#aws/objects.ts';
import { RefusedIndex } from '#aws/state/refused-index.ts';
import type { ExportJob } from '#domain/export/job.ts';
import { lackingRefused } from '#domain/export/refused-events.ts';

/** The count stops at this number. */
const maxCounted = 100_000;

export const countRefused = async (state: Objects, job: ExportJob): Promise<number> => {
  const counting = { ...lackingRefused(job), completeTo: job.completeTo!, atMost: maxCounted };
  const counted = await new RefusedIndex(state).counted(counting);
  return Math.min(counted.size, maxCounted);
};
