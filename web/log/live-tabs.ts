/** The tabs of a browser: one of them asks at a time, and the others hear what it got. */

const name = 'annals-live';

type Tabs<Told> = {
  /** Runs it once no other tab asks; at once in a browser that has no locks. */
  lead(run: () => Promise<void>, signal: AbortSignal): Promise<void>;
  tell(told: Told): void;
  close(): void;
};

/** `navigator.locks`, as far as it is needed. */
export type Locks = {
  request(name: string, options: { signal: AbortSignal }, run: () => Promise<void>): Promise<void>;
};

/** `key` says what is followed, and for whom: tabs of another key wait, but hear nothing. */
export const openTabs = <Told>(
  key: string,
  onTold: (told: Told) => void,
  locks: Locks | undefined,
): Tabs<Told> => {
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }: { data: unknown }) => {
    const message = data as { key: string; told: Told };
    if (message.key === key) onTold(message.told);
  };
  return {
    lead: (run, signal) => (locks ? locks.request(name, { signal }, run) : run()),
    tell: told => channel.postMessage({ key, told }),
    close: () => channel.close(),
  };
};
