/** Where refused items lie: their bytes in the place aside, what is known of them in the state. */

import { bucketName } from '#domain/archive/bucket.ts';
import { pathToken, withColons, withoutColons } from '#domain/object-key.ts';
import type { Instant } from '#domain/time.ts';
import { isInstant } from '#domain/time.ts';

export const refusedRoot = 'refused/';
/** A part of a refused item as it came through the stream. Without colons, as the objects of the ledger. */
export const refusedFileKey = (bucket: number, filedAt: Instant, key: string, part: number): string =>
  `${refusedRoot}bucket=${bucketName(bucket)}/${withoutColons(filedAt)}-${key}-${part}`;

/** When a part was filed, and of which item it is; undefined if the key is not one of ours. */
export const parseRefusedFileKey = (key: string): { filedAt: Instant; item: string } | undefined => {
  const [, filed, item] = /^refused\/bucket=\d{2,4}\/(.{28})-([0-9a-f]{64})-\d+$/.exec(key) ?? [];
  const filedAt = withColons(filed ?? '');
  return item !== undefined && isInstant(filedAt) ? { filedAt, item } : undefined;
};

/** In the state: what is known of an item. */
export const refusedItemsPrefix = `${refusedRoot}items/`;
export const refusedItemKey = (key: string): string => `${refusedItemsPrefix}${key}.json`;
export const itemOfRefusedItemKey = (key: string): string => key.slice(refusedItemsPrefix.length, -5);
/** How much is kept, as tick has counted it. */
export const refusedUsageKey = `${refusedRoot}usage.json`;

/** Under which hash of the id of a scope items stand in the indexes. */
export const scopeSha256 = (scopeId: string): string => pathToken(scopeId);
const unscoped = 'unscoped';

/** `at` is when the item occurred, if that is known. */
export type RefusedEntry = { key: string; scope: string | undefined; at: Instant; filedAt: Instant };

export const openRefusedPrefix = 'refused-open/';
/** The open items of a scope by its hash; of every scope, and of none, if that is undefined. */
export const openRefusedOfPrefix = (scope: string | undefined): string =>
  scope === undefined ? openRefusedPrefix : `${openRefusedPrefix}${scope}/`;
const entryName = ({ at, filedAt, key }: RefusedEntry): string =>
  `${withoutColons(at)}-${withoutColons(filedAt)}-${key}`;
export const openRefusedKey = (entry: RefusedEntry): string =>
  `${openRefusedPrefix}${entry.scope ?? unscoped}/${entryName(entry)}`;
/** Where the entries of what occurred at an instant or later begin. */
export const openRefusedFrom = (scope: string, from: Instant): string =>
  `${openRefusedPrefix}${scope}/${withoutColons(from)}`;

/** The items that have ended not long ago: an export that was frozen before has to count them. */
export const endedRefusedPrefix = 'refused-ended/';
export const endedRefusedOfPrefix = (scope: string | undefined): string =>
  scope === undefined ? endedRefusedPrefix : `${endedRefusedPrefix}${scope}/`;
export const endedRefusedKey = (entry: RefusedEntry, endedAt: Instant): string =>
  `${endedRefusedPrefix}${entry.scope ?? unscoped}/${withoutColons(endedAt)}-${entryName(entry)}`;

const entryGrammar =
  /^refused-(?:open|ended)\/(unscoped|[0-9a-f]{64})\/(?:(.{28})-)?(.{28})-(.{28})-([0-9a-f]{64})$/;

/**
 * What an entry of either index tells; undefined if it is not one of ours. `endedAt` is of those that have
 * ended.
 */
export const parseRefusedEntry = (
  indexKey: string,
): (RefusedEntry & { endedAt: Instant | undefined }) | undefined => {
  const [, scope, ended, at, filedAt, key] = entryGrammar.exec(indexKey) ?? [];
  if (key === undefined) return undefined;
  const entry = {
    key,
    scope: scope === unscoped ? undefined : scope,
    at: withColons(at!),
    filedAt: withColons(filedAt!),
    endedAt: ended === undefined ? undefined : withColons(ended),
  };
  return isInstant(entry.at) && isInstant(entry.filedAt) ? entry : undefined;
};
