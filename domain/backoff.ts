/**
 * How long to wait between attempts: exponential with full jitter, which spreads out callers that failed
 * together. https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
 */
export type Backoff = {
  firstMs: number;
  maxMs: number;
  maxAttempts: number;
  sleep(ms: number): Promise<void>;
  /** From 0 (included) to 1 (excluded). */
  random(): number;
};

/** How long to wait after attempt number `attempt`, counted from 0. */
export const pauseMs = (
  { firstMs, maxMs, random }: Pick<Backoff, 'firstMs' | 'maxMs' | 'random'>,
  attempt: number,
): number => random() * Math.min(maxMs, firstMs * 2 ** attempt);

export const pause = (backoff: Backoff, attempt: number): Promise<void> =>
  backoff.sleep(pauseMs(backoff, attempt));
