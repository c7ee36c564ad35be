/**
 * Waiting between tries: exponential with full jitter, which spreads callers that failed together.
 * https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
 */
export type Backoff = {
  firstMs: number;
  maxMs: number;
  maxAttempts: number;
  sleep(ms: number): Promise<void>;
  random(): number;
};

export const systemBackoff: Backoff = {
  firstMs: 25,
  maxMs: 1000,
  maxAttempts: 8,
  sleep: ms => new Promise(resolve => setTimeout(resolve, ms)),
  random: Math.random,
};

/** How long to wait after try number `attempt`, counted from 0. */
export const pauseMs = ({ firstMs, maxMs, random }: Backoff, attempt: number): number =>
  random() * Math.min(maxMs, firstMs * 2 ** attempt);

export const pause = (backoff: Backoff, attempt: number): Promise<void> =>
  backoff.sleep(pauseMs(backoff, attempt));
