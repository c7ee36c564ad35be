/**
 * tick's maintenance of refused items: deletes those past their retention, and counts the bytes and the open
 * items of the rest. If there are many files, they are counted less often, since listing them costs.
 */

import type { Objects } from '#aws/objects.ts';
import { readUsage, writeUsage } from '#aws/state/refused-budget.ts';
import { RefusedIndex } from '#aws/state/refused-index.ts';
import { RefusedItems } from '#aws/state/refused-items.ts';
import type { Watermarks } from '#aws/state/watermarks.ts';
import { parseRefusedFileKey, refusedRoot } from '#domain/refused/layout.ts';
import { chargedBytes, isFresh, isSameUsage, manyFiles, sumOfDay } from '#domain/refused/usage.ts';
import { addDays, dateOf, type Instant, instantOfMilliseconds } from '#domain/time.ts';
import type { Metrics } from '#functions/runtime/metrics.ts';

export type MaintenanceWorld = {
  aside: Objects;
  state: Objects;
  watermarks: Pick<Watermarks, 'all'>;
  /** How many days items are kept. */
  days: number;
  nowMs(): number;
  metrics: Metrics;
};

/** Longer than any export is open. */
const endsKeptDays = 7;
/** The count of open items stops here. */
export const maxCountedItems = 10_000;

export const maintainRefused = async (world: MaintenanceWorld): Promise<void> => {
  const { aside, state, watermarks, nowMs, metrics } = world;
  const index = new RefusedIndex(state);
  let open = 0;
  for await (const _ of index.open(undefined, undefined, maxCountedItems)) open += 1;
  const before = await readUsage(state);
  const now = instantOfMilliseconds(nowMs());
  const fresh = before && isFresh(before, nowMs()) ? before : undefined;
  metrics({ OpenRefusedItems: open, ...(fresh ? { RefusedBytes: fresh.bytes } : {}) });
  if (fresh) return;
  await index.forgetEnded(addDays(now, -endsKeptDays));
  let bytes = 0;
  let files = 0;
  for await (const file of aside.list(refusedRoot)) {
    const parsed = parseRefusedFileKey(file.key);
    if (parsed && parsed.filedAt < addDays(now, -world.days)) {
      await expire(world, file.key, parsed.item, now);
      continue;
    }
    bytes += chargedBytes(file.bytes);
    files += 1;
  }
  const ofDay = sumOfDay(await watermarks.all(), dateOf(now));
  const usage = { counted_at: now, bytes, files, of_day: ofDay };
  // The bucket keeps every version, so an unchanged count is not written.
  if (files > manyFiles || !before || !isSameUsage(before, usage)) await writeUsage(state, usage);
  metrics({ RefusedBytes: bytes });
};

const expire = async (
  { aside, state }: MaintenanceWorld,
  fileKey: string,
  item: string,
  at: Instant,
): Promise<void> => {
  await new RefusedItems(aside, state).expire(item, at, fileKey);
  await aside.delete(fileKey);
};
