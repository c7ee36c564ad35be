/**
 * How many events a second each key may send: a token bucket for each (https://en.wikipedia.org/wiki/Token_bucket). A
 * request is admitted as a whole if the bucket has a token, before its body is read, and pays for its events once they
 * are counted. So a batch is never cut, and a key may be over its limit by the requests that are under way; what it
 * owes, it waits for. Time is monotonic: a wall clock that jumps changes nothing. A restart begins with full buckets.
 */

/** The limit of one key; null: no limit; undefined: that of the installation. */
export type OwnLimit = number | null | undefined;

/** Events a second. */
export const maxRateLimit = 1_000_000;

/** How many seconds of its limit a key may send at once after a pause. */
const burstSeconds = 10;
/** Only known keys have a bucket; those that are full again are forgotten from this number on. */
const manyBuckets = 1000;

/** Tokens may be negative: a debt. */
type Bucket = { limit: number; tokens: number; atMs: number };

export class RateLimits {
  readonly #installation: number | undefined;
  readonly #nowMs: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** `installation` is the limit of each key without one of its own. `nowMs` never goes back. */
  constructor(installation?: number, nowMs = () => performance.now()) {
    this.#installation = installation;
    this.#nowMs = nowMs;
  }

  /** Takes a token for a request; without one, after how many whole seconds there is one. */
  admit(key: string, own: OwnLimit): { retryAfterSeconds: number } | undefined {
    const limit = own === undefined ? this.#installation : own;
    if (limit === undefined || limit === null) {
      this.#buckets.delete(key);
      return undefined;
    }
    const bucket = this.#bucketOf(key, limit);
    if (bucket.tokens < 1) return { retryAfterSeconds: Math.ceil((1 - bucket.tokens) / limit) };
    bucket.tokens -= 1;
    return undefined;
  }

  /** Pays for the events of a request that was admitted, which has paid for one. */
  pay(key: string, events: number): void {
    const bucket = this.#buckets.get(key);
    if (bucket) bucket.tokens -= Math.max(0, events - 1);
  }

  #bucketOf(key: string, limit: number): Bucket {
    const atMs = this.#nowMs();
    const known = this.#buckets.get(key);
    if (!known && this.#buckets.size >= manyBuckets) this.#forgetFull(atMs);
    const bucket = known ? filled({ ...known, limit }, atMs) : { limit, tokens: limit * burstSeconds, atMs };
    this.#buckets.set(key, bucket);
    return bucket;
  }

  /** A full bucket is as good as none. */
  #forgetFull(atMs: number): void {
    for (const [key, bucket] of this.#buckets)
      if (filled(bucket, atMs).tokens >= bucket.limit * burstSeconds) this.#buckets.delete(key);
  }
}

const filled = ({ limit, tokens, atMs }: Bucket, nowMs: number): Bucket => ({
  limit,
  tokens: Math.min(limit * burstSeconds, tokens + (Math.max(0, nowMs - atMs) / 1000) * limit),
  atMs: nowMs,
});
