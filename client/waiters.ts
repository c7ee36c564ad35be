/** Those who wait until something has come about, each no longer than a time that it has set. */

export type Waiter<T> = { resolve(value: T): void; reject(error: Error): void };

/** A waiter is in `add` until it is finished, then in `remove`; `late` makes the error of one whose time is over. */
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
