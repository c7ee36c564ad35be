/** Processes many items, a few at a time, which bounds the number of open requests. */

const readsAtOnce = 16;
/** Used for items that are each read from several objects, which are also read a few at a time. */
export const foldsAtOnce = 4;

/**
 * Runs `work` for each item; returns the results in the order of the items. After a failure no more items are
 * begun, and it is thrown once those under way have ended: nothing goes on after the caller has gone.
 */
export const fewAtOnce = async <Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  atOnce = readsAtOnce,
): Promise<Result[]> => {
  const results: Result[] = [];
  const failures: unknown[] = [];
  let next = 0;
  const workOn = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      const at = next++;
      try {
        results[at] = await work(items[at]!);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, workOn));
  if (failures.length > 0) throw failures[0];
  return results;
};
