/** What of the state a move carries, and when. */
import { moveKey } from '#aws/state/moves.ts';
import { openAdminChangesPrefix } from '#domain/access/layout.ts';
import { installationKey, redrivesPrefix, watermarkPrefix } from '#domain/archive/layout.ts';
import { compactPrefix } from '#domain/compact/layout.ts';
import { openDeliveriesPrefix } from '#domain/deliver/layout.ts';
import { activeExportsPrefix } from '#domain/export/layout.ts';
import { noticesPrefix } from '#domain/export/notice-layout.ts';
import { endedRefusedPrefix, openRefusedPrefix, refusedUsageKey } from '#domain/refused/layout.ts';
import { schedulesDuePrefix } from '#domain/schedule/layout.ts';

/** What each installation makes for itself. The segments are made again: the ledger has all that is in them. */
const own = [compactPrefix, installationKey, refusedUsageKey, moveKey];
/**
 * Carried at the end, when the old installation no longer changes: what makes tick act as soon as it is there, and
 * indexes from which entries are deleted.
 */
const last = [
  openRefusedPrefix,
  endedRefusedPrefix,
  schedulesDuePrefix,
  openDeliveriesPrefix,
  openAdminChangesPrefix,
  noticesPrefix,
  redrivesPrefix,
  activeExportsPrefix,
];

const isBelow = (key: string, prefixes: readonly string[]): boolean =>
  prefixes.some(prefix => key.startsWith(prefix));

/** When a key of the state is carried: with the bulk, at the end, or never. */
export const stepOf = (key: string): 'bulk' | 'end' | 'never' => {
  if (isBelow(key, own)) return 'never';
  return isBelow(key, last) ? 'end' : 'bulk';
};

/** Whether the state of an installation that was started and never used may have this key. */
export const isOfUnused = (key: string): boolean => isBelow(key, [...own, watermarkPrefix]);
