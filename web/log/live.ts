/** When a followed log is asked again, and when following stops for want of somebody who looks. */

const firstPauseMs = 5000;
export const longestPauseMs = 60_000;
/** How long somebody may do nothing before nobody is taken to look. */
export const idleMs = 30 * 60_000;

/** The next pause: from the beginning if something came, otherwise twice the last one, if there was one. */
export const nextPauseMs = (lastMs: number | undefined, hasCome: boolean): number =>
  hasCome || lastMs === undefined ? firstPauseMs : Math.min(2 * lastMs, longestPauseMs);

export type Presence = { isHidden: boolean; isOnline: boolean; inputAtMs: number };

/** Why the log is not followed now; undefined if it is. */
export const reasonToRest = (
  { isHidden, isOnline, inputAtMs }: Presence,
  nowMs: number,
): 'hidden' | 'offline' | 'idle' | undefined => {
  if (isHidden) return 'hidden';
  if (!isOnline) return 'offline';
  return nowMs - inputAtMs > idleMs ? 'idle' : undefined;
};

/** How many new events are kept while nobody has asked to see them. */
export const mostKept = 150;

/** The newest of two lists, each event once, the newest first. */
export const keepNewest = <Row extends { key: string; event: { occurred_at: string } }>(
  known: readonly Row[],
  come: readonly Row[],
): Row[] => {
  const rows = new Map([...come, ...known].map(row => [row.key, row]));
  return [...rows.values()]
    .sort((a, b) =>
      a.event.occurred_at < b.event.occurred_at ? 1 : a.event.occurred_at > b.event.occurred_at ? -1 : 0,
    )
    .slice(0, mostKept);
};

/** Whether an event occurred before the log was followed, although it came only now. */
export const isLate = ({ occurred_at }: { occurred_at: string }, followedSince: string | null): boolean =>
  followedSince !== null && occurred_at < followedSince;
