/**
 * Work on many things, a few at once: the requests that are under way are bounded, however many things
 * there are.
 */

const readsAtOnce = 16;
/** Of things that are read from several objects each, which are read a few at once too. */
export const foldsAtOnce = 4;

/** Does `work` for each item; gives the results in the order of the items. */
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
