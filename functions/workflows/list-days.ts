/** Lists the days of a bucket in the ledger: both lanes side by side, each listed once, page by page. */
import type { Objects } from '#aws/objects.ts';
import { type Lane, lanes } from '#domain/archive/lane.ts';
import { daysPrefix } from '#domain/archive/layout.ts';
import { inOrder, type ListedKey } from '#domain/compact/cut.ts';
import type { ListedDay } from '#domain/compact/progress.ts';
import { dateOf } from '#domain/time.ts';
import { namedKey } from './compact-day.ts';

type LaneDay = { date: string; objects: ListedKey[] };

/** The days after `after` (all if undefined) on which anything was filed, in their order. */
export async function* listDays(
  ledger: Pick<Objects, 'list'>,
  bucket: number,
  after: string | undefined,
): AsyncGenerator<ListedDay> {
  const open = lanes.map(lane => ({ lane, days: laneDays(ledger, { lane, bucket, after }) }));
  const heads = new Map<Lane, LaneDay>();
  const advance = async ({ lane, days }: (typeof open)[number]): Promise<void> => {
    const { value, done } = await days.next();
    if (done) heads.delete(lane);
    else heads.set(lane, value);
  };
  for (const lane of open) await advance(lane);
  while (heads.size > 0) {
    const date = [...heads.values()].map(day => day.date).sort()[0]!;
    const day: ListedDay = { date, lanes: {} };
    for (const each of open) {
      const head = heads.get(each.lane);
      if (head?.date === date) day.lanes[each.lane] = inOrder(head.objects);
    }
    yield day;
    for (const each of open) if (day.lanes[each.lane]) await advance(each);
  }
}

async function* laneDays(
  ledger: Pick<Objects, 'list'>,
  { lane, bucket, after }: { lane: Lane; bucket: number; after: string | undefined },
): AsyncGenerator<LaneDay, undefined> {
  // Names begin with a digit, so a tilde stands after all of a day.
  const startAfter = after === undefined ? undefined : `${daysPrefix(lane, bucket, after)}/~`;
  let day: LaneDay | undefined;
  for await (const { key } of ledger.list(daysPrefix(lane, bucket, ''), startAfter)) {
    const listed = namedKey(key);
    const date = dateOf(listed.name.firstFiledAt);
    if (day && day.date !== date) {
      yield day;
      day = undefined;
    }
    day ??= { date, objects: [] };
    day.objects.push(listed);
  }
  if (day) yield day;
  return undefined;
}
