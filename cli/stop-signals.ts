/** Signals that end a server: the first stops it gracefully, the second ends it at once. */
import { constants } from 'node:os';

/** Resolves at the first signal. Listens from the call on, so that a signal during the start is not missed. */
export const firstStopSignal = (): Promise<void> =>
  new Promise(resolve => {
    let isStopping = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => {
        if (isStopping) process.exit(128 + constants.signals[signal]);
        isStopping = true;
        resolve();
      });
  });
