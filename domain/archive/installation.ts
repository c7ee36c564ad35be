/**
 * The record of an installation: what must not change after its first start. Whoever starts first makes it,
 * and a configuration that disagrees refuses to start. A record of 0.1.0 holds `buckets` alone, and is
 * completed in place; an older version reads `buckets` and nothing else, so it still starts.
 */

import { type Instant, isInstant } from '#domain/time.ts';
import { isBucketCount } from './bucket.ts';

export type InstallationRecord = {
  /** A UUID that survives a move. */
  id: string;
  /** The number of buckets of the ledger, which decides on the place of every event. */
  buckets: number;
  /** The format of what is stored; see `currentFormat`. */
  format: number;
  /** The name of the ledger's bucket; null until a function starts that knows it. */
  ledger: string | null;
  /**
   * Nothing is filed below this instant; a move or a restore sets it above everything that the ledger holds.
   */
  filed_from: Instant | null;
};

/**
 * 1: what 0.1.0 wrote. 2: object names have their stream and no colons, and what could not be filed is in
 * aside.
 */
export const currentFormat = 2;

/** The configuration of a function; not every function knows the ledger. */
export type Configured = { buckets: number; ledger?: string | undefined };

/** A record as it may be stored: that of 0.1.0 has one member. */
export type StoredInstallation = { buckets: number } & Partial<InstallationRecord>;

export const newInstallation = ({ buckets, ledger }: Configured, id: string): InstallationRecord => ({
  id,
  buckets,
  format: currentFormat,
  ledger: ledger ?? null,
  filed_from: null,
});

const optional = (value: unknown, isRight: (value: never) => boolean): boolean =>
  value === undefined || value === null || isRight(value as never);

/** Whether a value that was read is a record of an installation. */
export const isInstallation = (value: Partial<InstallationRecord>): value is StoredInstallation =>
  isBucketCount(value.buckets as number) &&
  optional(value.id, (id: unknown) => typeof id === 'string' && id !== '') &&
  optional(value.format, (format: number) => Number.isInteger(format) && format >= 1) &&
  optional(value.ledger, (ledger: unknown) => typeof ledger === 'string' && ledger !== '') &&
  optional(value.filed_from, (from: unknown) => typeof from === 'string' && isInstant(from));

/** The record, completed; the very same value if it lacks nothing. Unknown members stay. */
export const completeInstallation = (
  stored: StoredInstallation,
  { ledger }: Configured,
  newId: string,
): StoredInstallation => {
  const complete = {
    ...newInstallation({ buckets: stored.buckets, ledger }, newId),
    ...stored,
    id: stored.id ?? newId,
    format: Math.max(stored.format ?? 1, currentFormat),
    ledger: stored.ledger ?? ledger ?? null,
  };
  const names = Object.keys(complete) as (keyof StoredInstallation)[];
  return names.every(name => complete[name] === stored[name]) ? stored : complete;
};

/** Why a configuration does not fit an installation; undefined if it does. */
export const installationConflict = (
  stored: StoredInstallation,
  { buckets, ledger }: Configured,
): string | undefined => {
  if (stored.buckets !== buckets)
    return (
      `The log was begun with ${stored.buckets} buckets, the configuration says ${buckets}; set it ` +
      `back to ${stored.buckets}`
    );
  if (ledger !== undefined && stored.ledger && stored.ledger !== ledger)
    return (
      `The log lies in the ledger "${stored.ledger}", the configuration says "${ledger}", ` +
      `which holds none of its events; set it back to "${stored.ledger}"`
    );
  if ((stored.format ?? 1) > currentFormat)
    return (
      `The log has the format ${stored.format}, and this version reads formats up to ` +
      `${currentFormat}; start the version that wrote it, or a later one`
    );
  return undefined;
};
