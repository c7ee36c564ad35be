/**
 * What tick does about refused items: deletes those that have been kept long enough, counts what the others
 * take, and how many are open. A place aside of many files is counted less often, since listing it costs.
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

/** No export is open for so long. */
const endsKeptDays = 7;
/** More open items are not counted. */
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
  // The state keeps every version: what says nothing new is not written.
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
