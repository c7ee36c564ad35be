/** Work that runs in the background: its errors are logged, and a stop waits for it. */
import { errorFacts, type Log, withLogContext } from '#functions/runtime/log.ts';

export const backgroundWork = (log: Log) => {
  const running = new Set<Promise<void>>();
  let isEnding = false;
  const run = (name: string, work: () => Promise<unknown>): Promise<void> => {
    const done: Promise<void> = withLogContext({ function: name }, () =>
      work().then(
        () => undefined,
        error => log('error', `The run of ${name} failed`, errorFacts(error)),
      ),
    ).finally(() => running.delete(done));
    running.add(done);
    return done;
  };
  return {
    /** Returns a promise that resolves once the work is done, however it ended. */
    async run(name: string, work: () => Promise<unknown>): Promise<void> {
      if (!isEnding) await run(name, work);
    },
    /** A function that starts the work, or makes it run once more if it is running. */
    onceAtATime(name: string, work: () => Promise<unknown>): () => void {
      let current: Promise<void> | undefined;
      let isAskedAgain = false;
      const start = (): void => {
        if (isEnding) return;
        if (current) {
          isAskedAgain = true;
          return;
        }
        current = run(name, work).finally(() => {
          current = undefined;
          if (!isAskedAgain) return;
          isAskedAgain = false;
          start();
        });
      };
      return start;
    },
    async end(): Promise<void> {
      isEnding = true;
      await Promise.all(running);
    },
  };
};
