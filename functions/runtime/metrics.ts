/** Writes metrics: on Lambda as lines of the log, from which CloudWatch extracts them. */
import { encodeMetrics, type MetricName, type MetricValues } from '#domain/metrics.ts';

export type Metrics = (values: MetricValues) => void;

export const logMetrics =
  (installation: string): Metrics =>
  values =>
    void process.stdout.write(`${encodeMetrics(installation, values, Date.now())}\n`);

export type Pace = {
  /** How many lines may be written in a row. */
  burst: number;
  /** After how long another line may be written. */
  everyMs: number;
  /** Names whose counts are written at once in any case. */
  urgent: readonly MetricName[];
};

/**
 * Writes counts at once as long as the pace allows, since a line per request of a busy instance would cost
 * more than its events; the counts of the others are added to the next line. Lambda ends an instance without
 * notice, so what waits for that line then is lost: at most the counts of `everyMs`, of an instance that has
 * had more than `burst` requests in a row. Call it once per invocation, after everything is counted.
 */
export const gatherMetrics = (
  write: Metrics,
  { burst, everyMs, urgent }: Pace,
  nowMs: () => number,
): Metrics => {
  let sums: MetricValues = {};
  let left = burst;
  let earnedAt = nowMs();
  const earnLines = (): void => {
    const age = nowMs() - earnedAt;
    // If the clock was set back, the counts must not wait until it has caught up.
    const earned = age < 0 ? 1 : Math.floor(age / everyMs);
    left = Math.min(burst, left + earned);
    earnedAt = age < 0 || left === burst ? nowMs() : earnedAt + earned * everyMs;
  };
  return values => {
    for (const [name, value] of Object.entries(values) as [MetricName, number][])
      sums[name] = (sums[name] ?? 0) + value;
    earnLines();
    if (left === 0 && !urgent.some(name => name in values)) return;
    write(sums);
    left = Math.max(0, left - 1);
    sums = {};
  };
};
