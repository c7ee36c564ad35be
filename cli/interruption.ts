/**
 * What is done before a signal ends the process: half a file is removed, and a person is told how to go on. The process
 * ends by that signal, so that whoever started it sees why.
 */
import { printFailure } from './failure.ts';
import { say } from './output.ts';

const lastWords = new Set<() => void>();
let isListening = false;

/** Has `work` done if the process is told to end before the function that this gives is called. */
export const onInterruption = (work: () => void): (() => void) => {
  lastWords.add(work);
  listen();
  return () => void lastWords.delete(work);
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

/** What fails of it stops nothing else of it. */
const runAll = (): void => {
  for (const work of lastWords)
    try {
      work();
    } catch (error) {
      say(printFailure(error));
    }
  lastWords.clear();
};
