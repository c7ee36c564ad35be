/**
 * What a delivery has done: one record, replaced as the version that was read. It says how far the log was
 * delivered, what is wrong with the destination, and what health shows; the runs themselves are recorded apart.
 */
import { type Instant, instantOfMilliseconds, isInstant } from '#domain/time.ts';
import type { Delivery } from './delivery.ts';
import { type DeliveryFault, deliveryFaults } from './destination.ts';
import { type Counts, type FrozenRun, type NamedStop, noCounts, type RunCause } from './run.ts';

export type DeliveryError = { code: DeliveryFault; status: number | null; at: Instant };

/** An event that the receiver has refused alone. */
export type UndeliveredEvent = DeliveryError & { id: string; occurred_at: Instant; run: number };

/** A state that is recorded in the log, and how often it came since. */
export type Said = { at: Instant; count: number };

export type Progress = {
  format: 1;
  /** How many runs are committed. */
  run: number;
  /** The end of the last one: where the next begins, in `filed_at`. */
  end: Instant;
  /** Everything filed before is read; what there was from `end` on is counted in `pending`. */
  scanned_to: Instant;
  pending: Counts;
  /** Of the run that is frozen and not committed: how many of its parts are there. */
  parts_done: number;
  /** The first events that its parts left out, and how many they left out; the number is absent in old records. */
  parts_undelivered: readonly UndeliveredEvent[];
  parts_undelivered_count?: number | undefined;
  /** Events in them that were too old for the receiver, and went with the time of their delivery. */
  parts_retimed: number;
  rows: number;
  last_manifest: { run: number; cause: RunCause; sha256: string; at: Instant } | null;
  /** The gaps that manifests have named and not yet said to have ended; in old records their causes. */
  gaps: readonly string[];
  /** When a test passed first; until then nothing is sent. */
  tested_at: Instant | null;
  failing:
    | (DeliveryError & {
        since: Instant;
        attempts: number;
        next_at: Instant;
      })
    | null;
  /** `resumes`: how often the delivery had been resumed then; a later resumption makes it good. */
  stopped: (DeliveryError & { resumes: number }) | null;
  /** The first stop that no manifest has named; absent in old records. */
  unnamed_stop?: NamedStop | null | undefined;
  /** The last ones, the newest first. */
  errors: readonly DeliveryError[];
  /** The newest of what was refused alone, and how many there were. */
  undelivered: { count: number; newest: readonly UndeliveredEvent[] };
  /** Which change of state is to be recorded in the log, and when each kind was recorded last. */
  unsaid: { kind: 'fail' | 'stop' | 'recover'; at: Instant; code: DeliveryFault } | null;
  said: Partial<Record<'fail' | 'stop' | 'recover', Said>>;
  /** How many replays are done, and the next run of the one that is not. */
  replays_done: number;
  replay_run: number | null;
  /** How many of its parts are sent, its manifest included; absent in old records. */
  replay_parts?: number | undefined;
  served_at: Instant | null;
  /** Of the runs from now on, see `run.ts`. */
  restored?: string | undefined;
};

export const isProgress = ({ format, run, end, scanned_to, pending }: Partial<Progress>): boolean =>
  format === 1 &&
  Number.isInteger(run) &&
  typeof end === 'string' &&
  isInstant(end) &&
  typeof scanned_to === 'string' &&
  isInstant(scanned_to) &&
  typeof pending === 'object' &&
  pending !== null;

export const firstProgress = (from: Instant): Progress => ({
  format: 1,
  run: 0,
  end: from,
  scanned_to: from,
  pending: noCounts,
  parts_done: 0,
  parts_undelivered: [],
  parts_undelivered_count: 0,
  parts_retimed: 0,
  rows: 0,
  last_manifest: null,
  gaps: [],
  tested_at: null,
  failing: null,
  stopped: null,
  errors: [],
  undelivered: { count: 0, newest: [] },
  unsaid: null,
  said: {},
  replays_done: 0,
  replay_run: null,
  replay_parts: 0,
  served_at: null,
});

const keptErrors = 10;
/** Most events of a run that are named as left out; the count is of all. A receiver may refuse every one. */
export const maxNamedUndelivered = 1000;
const keptUndelivered = 100;

const firstPauseMs = 5_000;
const maxPauseMs = 15 * 60_000;

export type Failure = { code: DeliveryFault; status?: number | undefined; afterMs?: number | undefined };

/**
 * After an attempt that failed: the next comes after a pause that doubles, of 15 minutes at most, with jitter; or
 * when the receiver asks for it, within these 15 minutes. `random` is from 0 to 1.
 */
export const withFailure = (
  progress: Progress,
  { code, status, afterMs }: Failure,
  { nowMs, resumes, random }: { nowMs: number; resumes: number; random: number },
): Progress => {
  const at = instantOfMilliseconds(nowMs);
  const error: DeliveryError = { code, status: status ?? null, at };
  const { stops } = deliveryFaults[code];
  const attempts = (progress.failing?.attempts ?? 0) + 1;
  const grown = Math.min(maxPauseMs, firstPauseMs * 2 ** (attempts - 1));
  const pauseMs = Math.min(maxPauseMs, Math.max(afterMs ?? 0, grown * (0.5 + random / 2)));
  const isNew = stops || progress.failing === null;
  return {
    ...progress,
    failing: stops
      ? null
      : {
          ...error,
          since: progress.failing?.since ?? at,
          attempts,
          next_at: instantOfMilliseconds(nowMs + Math.round(pauseMs)),
        },
    stopped: stops ? { ...error, resumes } : progress.stopped,
    unnamed_stop: stops ? (progress.unnamed_stop ?? { code, at }) : progress.unnamed_stop,
    errors: [error, ...progress.errors].slice(0, keptErrors),
    unsaid: isNew ? { kind: stops ? 'stop' : 'fail', at, code } : progress.unsaid,
  };
};

/** After something was handed over. */
export const withSuccess = (progress: Progress, at: Instant): Progress => ({
  ...progress,
  failing: null,
  stopped: null,
  unsaid: progress.failing === null ? progress.unsaid : { kind: 'recover', at, code: progress.failing.code },
});

/** After a part of the frozen run was handed over, but for what was refused alone. */
export const withPart = (
  progress: Progress,
  { undelivered, retimed, at }: { undelivered: readonly UndeliveredEvent[]; retimed: number; at: Instant },
): Progress => ({
  ...withSuccess(progress, at),
  parts_done: progress.parts_done + 1,
  parts_undelivered: [...progress.parts_undelivered, ...undelivered].slice(0, maxNamedUndelivered),
  parts_undelivered_count: undeliveredCount(progress) + undelivered.length,
  parts_retimed: progress.parts_retimed + retimed,
});

/** How many events the parts of the frozen run left out so far. */
export const undeliveredCount = ({ parts_undelivered, parts_undelivered_count }: Progress): number =>
  parts_undelivered_count ?? parts_undelivered.length;

/** After a stretch that has nothing to be sent. */
export const withMove = (progress: Progress, scanned_to: Instant, pending: Counts): Progress => ({
  ...progress,
  scanned_to,
  pending,
});

/** After the manifest of a run: it is committed. */
export const withRun = (
  progress: Progress,
  run: FrozenRun,
  { sha256, gaps, at }: { sha256: string; gaps: readonly string[]; at: Instant },
): Progress => {
  const refused = progress.parts_undelivered;
  const { count, newest } = progress.undelivered;
  return {
    ...progress,
    run: run.run,
    end: run.to,
    scanned_to: run.to,
    pending: noCounts,
    parts_done: 0,
    parts_undelivered: [],
    parts_undelivered_count: 0,
    parts_retimed: 0,
    rows: progress.rows + run.rows,
    last_manifest: { run: run.run, cause: run.cause, sha256, at },
    gaps,
    unnamed_stop: run.stopped ? null : progress.unnamed_stop,
    undelivered: {
      count: count + undeliveredCount(progress),
      newest: [...refused].reverse().concat(newest).slice(0, keptUndelivered),
    },
  };
};

/**
 * Whether the pause after a failure is over. It is also over if it is longer than any pause: then the clock was ahead
 * when it failed.
 */
export const isPauseOver = ({ failing }: Progress, nowMs: number): boolean => {
  if (failing === null) return true;
  const leftMs = Date.parse(failing.next_at) - nowMs;
  return leftMs <= 0 || leftMs > maxPauseMs;
};

export const deliveryStates = ['pending', 'active', 'waiting', 'paused', 'failing', 'stopped'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** What stops it counts until somebody resumes it. */
export const stopOf = ({ stopped }: Progress, { resumes }: Pick<Delivery, 'resumes'>): Progress['stopped'] =>
  stopped && stopped.resumes >= resumes ? stopped : null;

/** `isStalled`: the ledger stands still. */
export const stateOf = (
  delivery: Pick<Delivery, 'definition' | 'resumes'>,
  progress: Progress,
  isStalled: boolean,
): DeliveryState => {
  if (delivery.definition?.paused) return 'paused';
  if (stopOf(progress, delivery)) return 'stopped';
  if (progress.tested_at === null) return 'pending';
  if (progress.failing) return 'failing';
  return isStalled ? 'waiting' : 'active';
};
