/**
 * When the events occurred that may have been filed since an instant: a walk that looks for what is new needs to read
 * nothing else. Whatever was filed since then is in objects that begin then: archive starts a bucket above its
 * watermark.
 */
import { fewAtOnce } from '#aws/few-at-once.ts';
import { lanes } from '#domain/archive/lane.ts';
import type { TimeSpan } from '#domain/compact/facts.ts';
import { dateOf, dayAfter, type Instant } from '#domain/time.ts';
import type { BrowseWorld } from './browse-world.ts';
import type { Walk } from './walk-back.ts';

const objectsAtOnce = 256;

/** `none` if nothing was filed since then; `unknown` if that took too long to find out, or is no longer apart. */
export const newerSpan = async (
  { days, rows }: Pick<BrowseWorld, 'days' | 'rows'>,
  { buckets, selected, completeTo, compactedTo, budget }: Walk,
  filedFrom: Instant,
): Promise<TimeSpan | 'none' | 'unknown'> => {
  const first = dateOf(filedFrom);
  if (compactedTo !== undefined && first <= compactedTo) return 'unknown';
  let span: TimeSpan | undefined;
  for (let date = first; date <= dateOf(completeTo); date = dayAfter(date)) {
    const partitions = lanes.flatMap(lane => buckets.map(bucket => ({ lane, bucket, date })));
    const lists = await fewAtOnce(partitions, partition => days.objects(partition, completeTo));
    const objects = lists.flat().filter(({ firstFiledAt }) => firstFiledAt >= filedFrom);
    for (let at = 0; at < objects.length; at += objectsAtOnce) {
      if (budget.isSpent()) return 'unknown';
      const spans = await fewAtOnce(objects.slice(at, at + objectsAtOnce), object =>
        rows.span(object, { selected, onRead: bytes => budget.spend(bytes) }),
      );
      for (const one of spans) if (one) span = span === undefined ? one : union(span, one);
    }
  }
  return span ?? 'none';
};

const union = (a: TimeSpan, b: TimeSpan): TimeSpan => ({
  least: a.least < b.least ? a.least : b.least,
  greatest: a.greatest > b.greatest ? a.greatest : b.greatest,
});
