/** The keys of refused items: their bytes in aside, what is known of them in the state. */

import { bucketName } from '#domain/archive/bucket.ts';
import { pathToken, withColons, withoutColons } from '#domain/object-key.ts';
import type { Instant } from '#domain/time.ts';
import { isInstant } from '#domain/time.ts';

export const refusedRoot = 'refused/';
/** A part of a refused item as it came through the stream. Without colons, like the objects of the ledger. */
export const refusedFileKey = (bucket: number, filedAt: Instant, key: string, part: number): string =>
  `${refusedRoot}bucket=${bucketName(bucket)}/${withoutColons(filedAt)}-${key}-${part}`;

/** When a part was filed, and its item; undefined if the key is not one of ours. */
export const parseRefusedFileKey = (key: string): { filedAt: Instant; item: string } | undefined => {
  const [, filed, item] = /^refused\/bucket=\d{2,4}\/(.{28})-([0-9a-f]{64})-\d+$/.exec(key) ?? [];
  const filedAt = withColons(filed ?? '');
  return item !== undefined && isInstant(filedAt) ? { filedAt, item } : undefined;
};

/** In the state: what is known of an item. */
export const refusedItemsPrefix = `${refusedRoot}items/`;
export const refusedItemKey = (key: string): string => `${refusedItemsPrefix}${key}.json`;
export const itemOfRefusedItemKey = (key: string): string => key.slice(refusedItemsPrefix.length, -5);
/** How much is kept, as counted by tick. */
export const refusedUsageKey = `${refusedRoot}usage.json`;

/** The hash of a scope's id under which items are in the indexes. */
export const scopeSha256 = (scopeId: string): string => pathToken(scopeId);
const unscoped = 'unscoped';

/** `at` is when the item occurred, if that is known. */
export type RefusedEntry = { key: string; scope: string | undefined; at: Instant; filedAt: Instant };

export const openRefusedPrefix = 'refused-open/';
/** The open items of a scope by its hash; if that is undefined, of every scope and of none. */
export const openRefusedOfPrefix = (scope: string | undefined): string =>
  scope === undefined ? openRefusedPrefix : `${openRefusedPrefix}${scope}/`;
const entryName = ({ at, filedAt, key }: RefusedEntry): string =>
  `${withoutColons(at)}-${withoutColons(filedAt)}-${key}`;
export const openRefusedKey = (entry: RefusedEntry): string =>
  `${openRefusedPrefix}${entry.scope ?? unscoped}/${entryName(entry)}`;
/** Where the entries of what occurred at an instant or later begin. */
export const openRefusedFrom = (scope: string, from: Instant): string =>
  `${openRefusedPrefix}${scope}/${withoutColons(from)}`;

/** Items that ended recently: an export that was frozen before must count them. */
export const endedRefusedPrefix = 'refused-ended/';
export const endedRefusedOfPrefix = (scope: string | undefined): string =>
  scope === undefined ? endedRefusedPrefix : `${endedRefusedPrefix}${scope}/`;
export const endedRefusedKey = (entry: RefusedEntry, endedAt: Instant): string =>
  `${endedRefusedPrefix}${entry.scope ?? unscoped}/${withoutColons(endedAt)}-${entryName(entry)}`;

const entryGrammar =
  /^refused-(?:open|ended)\/(unscoped|[0-9a-f]{64})\/(?:(.{28})-)?(.{28})-(.{28})-([0-9a-f]{64})$/;

/** What an entry of either index says; undefined if it is not one of ours. `endedAt` is for ended items. */
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
