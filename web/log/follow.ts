/**
 * The loop that follows a log: it asks as long as somebody looks and this tab is the one that asks, with pauses
 * that double while nothing comes. It has no clock and no browser of its own.
 */
import { ApiProblem, isAbsence } from '../api.ts';
import { longestPauseMs, nextPauseMs, type Presence, reasonToRest } from './live.ts';

/** Why nothing is asked now. */
export type Rest = 'hidden' | 'offline' | 'idle' | 'elsewhere' | 'away';

export type FollowWorld = {
  nowMs(): number;
  presence(): Presence;
  /** Resolves after so long, or earlier if the presence may have changed; `undefined` waits for that alone. */
  wait(ms: number | undefined, signal: AbortSignal): Promise<void>;
  /** Runs it once this tab is the one of the browser that asks. */
  lead(run: () => Promise<void>, signal: AbortSignal): Promise<void>;
  /** How many events came; infinity if more of the same moment waits. */
  ask(signal: AbortSignal): Promise<number>;
  /** Undefined: the log is followed. */
  onRest(rest: Rest | undefined): void;
};

/** Ends by throwing: what the signal is aborted with, or the refusal of the server. */
export const followLog = async (world: FollowWorld, signal: AbortSignal): Promise<never> => {
  for (;;) {
    signal.throwIfAborted();
    const reason = reasonOf(world);
    if (reason) {
      world.onRest(reason);
      await world.wait(undefined, signal);
    } else {
      world.onRest('elsewhere');
      await world.lead(() => poll(world, signal), signal);
    }
  }
};

const reasonOf = ({ presence, nowMs }: FollowWorld) => reasonToRest(presence(), nowMs());

/** Until there is a reason to rest: then another tab may ask. */
const poll = async (world: FollowWorld, signal: AbortSignal): Promise<void> => {
  for (let pauseMs: number | undefined; !reasonOf(world); ) {
    const come = await askOnce(world, signal);
    if (come === Number.POSITIVE_INFINITY) continue;
    pauseMs = come === undefined ? longestPauseMs : nextPauseMs(pauseMs, come > 0);
    await pause(world, pauseMs, signal);
  }
};

/** Undefined if the server is away, as it stays after several attempts: it is asked again later. */
const askOnce = async (world: FollowWorld, signal: AbortSignal): Promise<number | undefined> => {
  try {
    const come = await world.ask(signal);
    world.onRest(undefined);
    return come;
  } catch (error) {
    if (!(error instanceof ApiProblem && isAbsence(error.problem))) throw error;
    world.onRest('away');
    return undefined;
  }
};

const pause = async (world: FollowWorld, ms: number, signal: AbortSignal): Promise<void> => {
  const until = world.nowMs() + ms;
  // A clock that is set back makes no pause longer.
  for (let left = ms; left > 0 && !reasonOf(world); left = Math.min(ms, until - world.nowMs()))
    await world.wait(left, signal);
};
