/** Writes metrics: on Lambda as lines of its log, from which CloudWatch takes them. */
import { encodeMetrics, type MetricName, type MetricValues } from '#domain/metrics.ts';

export type Metrics = (values: MetricValues) => void;

export const logMetrics =
  (installation: string): Metrics =>
  values =>
    void process.stdout.write(`${encodeMetrics(installation, values, Date.now())}\n`);

/**
 * Sums what is counted and writes it if the last line is `everyMs` old, since a line a request would cost more than its
 * events; at once the first time, and if one of the urgent names is counted. To be called once an invocation, when
 * everything is counted: what an instance has counted since its last line is lost if Lambda ends it then.
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
    // A clock that was set back must not keep the counts until it has caught up.
    const isFresh = age >= 0 && age < everyMs;
    if (isFresh && !urgent.some(name => name in values)) return;
    write(sums);
    writtenAt = nowMs();
    sums = {};
  };
};

/**
 * Writes the first `lines` counts at once and hands on what follows: an instance that serves few requests
 * loses none.
 */
export const writeFirst = (lines: number, write: Metrics, andThen: Metrics): Metrics => {
  let left = lines;
  return values => {
    if (left === 0) return andThen(values);
    write(values);
    left -= 1;
  };
};
