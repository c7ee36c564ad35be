/**
 * Work that is done before a signal ends the process: a partial file is removed, and a message says how to continue.
 * The process then ends by that signal, so that its parent sees why.
 */
import { printFailure } from './failure.ts';
import { say } from './output.ts';

const pending = new Set<() => void>();
let isListening = false;

/** Runs `work` if the process is interrupted before the returned function is called. */
export const onInterruption = (work: () => void): (() => void) => {
  pending.add(work);
  listen();
  return () => void pending.delete(work);
};

const listen = (): void => {
  if (isListening) return;
  isListening = true;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      runAll();
      process.kill(process.pid, signal);
    });
  process.once('exit', runAll);
};

/** A failure does not stop the rest. */
const runAll = (): void => {
  for (const work of pending)
    try {
      work();
    } catch (error) {
      say(printFailure(error));
    }
  pending.clear();
};
