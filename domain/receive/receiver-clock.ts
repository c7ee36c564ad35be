/**
 * The clock that stamps `received_at`: the wall clock, refined to nanoseconds by the monotonic clock. Its
 * instants strictly increase within one process. When a frozen process (a Lambda between invocations) wakes,
 * its monotonic clock has stood still; then the wall clock is read again. No rule depends on this clock.
 */
import { type Instant, instantOfMilliseconds } from '../time.ts';

/** A larger difference between the two clocks means that one of them was stopped or set. */
const maxDriftMs = 10;

export type ReceiverClock = {
  /** The next instant, later than any before it. */
  tick(): Instant;
};

/** `wallMs` returns Unix milliseconds, `monotonicMs` fractional milliseconds from any origin. */
export const receiverClock = (wallMs: () => number, monotonicMs: () => number): ReceiverClock => {
  let anchorWallMs = wallMs();
  let anchorMonotonicMs = monotonicMs();
  let lastMs = 0;
  let lastNs = 0;
  return {
    tick() {
      const wall = wallMs();
      let elapsed = monotonicMs() - anchorMonotonicMs;
      if (Math.abs(anchorWallMs + elapsed - wall) > maxDriftMs) {
        anchorWallMs = wall;
        anchorMonotonicMs += elapsed;
        elapsed = 0;
      }
      const wholeMs = Math.floor(elapsed);
      let ms = anchorWallMs + wholeMs;
      let ns = Math.floor((elapsed - wholeMs) * 1e6);
      if (ms < lastMs || (ms === lastMs && ns <= lastNs)) {
        ms = lastMs;
        ns = lastNs + 1;
        if (ns === 1_000_000) {
          ms += 1;
          ns = 0;
        }
      }
      lastMs = ms;
      lastNs = ns;
      return instantOfMilliseconds(ms, ns);
    },
  };
};
