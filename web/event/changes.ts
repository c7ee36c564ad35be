/** What differs between two JSON values, by path: what was before, and what is after. */
import { pointerToken } from '#domain/json/pointer.ts';

/** `before` or `after` is undefined if the path did not exist. */
export type Change = { path: string; before: string | undefined; after: string | undefined };

/** How many differences are shown. */
export const maxChanges = 500;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Objects are compared member by member, everything else as a whole. */
export const changesBetween = (before: unknown, after: unknown): Change[] => {
  const changes: Change[] = [];
  const waiting: { path: string; a: unknown; b: unknown }[] = [{ path: '', a: before, b: after }];
  while (waiting.length > 0 && changes.length < maxChanges) {
    const { path, a, b } = waiting.pop()!;
    if (isObject(a) && isObject(b)) {
      const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].reverse();
      for (const key of keys)
        waiting.push({
          path: `${path}${pointerToken(key)}`,
          a: Object.hasOwn(a, key) ? a[key] : undefined,
          b: Object.hasOwn(b, key) ? b[key] : undefined,
        });
    } else {
      const [was, is] = [JSON.stringify(a), JSON.stringify(b)];
      if (was !== is) changes.push({ path, before: was, after: is });
    }
  }
  return changes;
};

/** The two sides that a payload has by convention: `before` and `after`; undefined if it has not. */
export const changesOf = (payload: unknown): Change[] | undefined =>
  isObject(payload) && Object.hasOwn(payload, 'before') && Object.hasOwn(payload, 'after')
    ? changesBetween(payload.before, payload.after)
    : undefined;
