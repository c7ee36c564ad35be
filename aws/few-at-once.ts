/** Processes many items, a few at a time, which bounds the number of open requests. */

const readsAtOnce = 16;
/** Used for items that are each read from several objects, which are also read a few at a time. */
export const foldsAtOnce = 4;

/** Runs `work` for each item; returns the results in the order of the items. */
export const fewAtOnce = async <Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  atOnce = readsAtOnce,
): Promise<Result[]> => {
  const results: Result[] = [];
  let next = 0;
  const workOn = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, workOn));
  return results;
};
