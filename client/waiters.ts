/** Callers that wait for something, each no longer than its own timeout. */

export type Waiter<T> = { resolve(value: T): void; reject(error: Error): void };

/** A waiter enters with `add` and leaves with `remove`; `late` makes the error of one whose time is over. */
export const waitFor = <T>(
  timeoutMs: number,
  late: () => Error,
  { add, remove }: { add(waiter: Waiter<T>): void; remove(waiter: Waiter<T>): void },
): Promise<T> =>
  new Promise((resolve, reject) => {
    const finish = (end: () => void): void => {
      clearTimeout(timer);
      remove(waiter);
      end();
    };
    const waiter: Waiter<T> = {
      resolve: value => finish(() => resolve(value)),
      reject: error => finish(() => reject(error)),
    };
    const timer = setTimeout(() => waiter.reject(late()), timeoutMs);
    add(waiter);
  });
