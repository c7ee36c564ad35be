/** Writes metrics: on Lambda as lines of the log, from which CloudWatch extracts them. */
import { encodeMetrics, type MetricName, type MetricValues } from '#domain/metrics.ts';

export type Metrics = (values: MetricValues) => void;

export const logMetrics =
  (installation: string): Metrics =>
  values =>
    void process.stdout.write(`${encodeMetrics(installation, values, Date.now())}\n`);

/**
 * Sums counts and writes them if the last line is `everyMs` old, since a line per request would cost more
 * than its events. It writes at once the first time and if an urgent name is counted. Call it once per
 * invocation, after everything is counted: if Lambda ends the instance, the counts since the last line are
 * lost.
 */
export const gatherMetrics = (
  write: Metrics,
  everyMs: number,
  urgent: readonly MetricName[],
  nowMs: () => number,
): Metrics => {
  let sums: MetricValues = {};
  let writtenAt = Number.NEGATIVE_INFINITY;
  return values => {
    for (const [name, value] of Object.entries(values) as [MetricName, number][])
      sums[name] = (sums[name] ?? 0) + value;
    const age = nowMs() - writtenAt;
    // If the clock was set back, the counts must not wait until it has caught up.
    const isFresh = age >= 0 && age < everyMs;
    if (isFresh && !urgent.some(name => name in values)) return;
    write(sums);
    writtenAt = nowMs();
    sums = {};
  };
};

/**
 * Writes the first `lines` counts at once and passes on the rest, so that an instance with few requests loses
 * none.
 */
export const writeFirst = (lines: number, write: Metrics, andThen: Metrics): Metrics => {
  let left = lines;
  return values => {
    if (left === 0) return andThen(values);
    write(values);
    left -= 1;
  };
};
