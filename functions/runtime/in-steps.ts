/** Work on the CPU that lets others run: an embedded process answers requests with the same thread. */
import { setImmediate } from 'node:timers/promises';

/** Runs a generator to its end, and everything else that waits between its steps; returns its result. */
export const inSteps = async <Result>(steps: Generator<void, Result>): Promise<Result> => {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await setImmediate();
  }
};
