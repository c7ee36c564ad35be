/** Writes metrics: on Lambda as lines of its log, from which CloudWatch takes them. */
import { encodeMetrics, type MetricName, type MetricValues } from '#domain/metrics.ts';

export type Metrics = (values: MetricValues) => void;

export const logMetrics =
  (installation: string): Metrics =>
  values =>
    void process.stdout.write(`${encodeMetrics(installation, values, Date.now())}\n`);

/**
 * Sums what is counted and writes it at most every `everyMs`, since a line a request would cost more than its events;
 * at once where one of the urgent names is counted.
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
    if (nowMs() - writtenAt < everyMs && !urgent.some(name => name in values)) return;
    writtenAt = nowMs();
    write(sums);
    sums = {};
  };
};
