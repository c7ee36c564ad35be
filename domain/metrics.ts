/**
 * The metrics that Annals counts itself, declared once: the functions write them, alarms and the dashboard read
 * them. They are written as lines of CloudWatch's embedded metric format, so that no call is made for them.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */

export const metricNamespace = 'Annals';
/** The one dimension: which installation it is, by the name of its stack. */
export const metricDimension = 'Installation';

export const metricUnits = {
  /** Of receive, once they are stored. A busy instance writes what it has counted once a minute. */
  AcceptedEvents: 'Count',
  RejectedEvents: 'Count',
  /** Accepted, of an action or a version that the catalogue does not have. */
  UncataloguedEvents: 'Count',
  /** Accepted, of a payload that contradicts its schema in the catalogue. */
  MismatchedPayloads: 'Count',
  /** What the stream did not take; written at once. */
  NotStoredEvents: 'Count',
  /** Refused events that could not be kept: no room, too large, or the stream did not take them; written at once. */
  RefusedNotKept: 'Count',
  /** Of archive. */
  FiledRows: 'Count',
  QuarantinedPieces: 'Count',
  /** Counted by the function that ends an export. */
  SucceededExports: 'Count',
  FailedExports: 'Count',
  /** Of tick, each minute: how far behind the clock the log is complete, over all buckets. */
  FilingLag: 'Seconds',
  OpenGaps: 'Count',
  OpenExports: 'Count',
  OldestOpenExport: 'Seconds',
  /** Kept, and neither sent again nor dismissed. */
  OpenRefusedItems: 'Count',
  /** Of the budget, what they take. */
  RefusedBytes: 'Bytes',
  /** Given up after a day, and neither tried again nor dismissed since. */
  UndeliveredNotices: 'Count',
} as const;

export type MetricName = keyof typeof metricUnits;
export type MetricValues = Partial<Record<MetricName, number>>;

/** The values as one line of the embedded metric format. */
export const encodeMetrics = (installation: string, values: MetricValues, nowMs: number): string => {
  const names = Object.keys(values) as MetricName[];
  return JSON.stringify({
    _aws: {
      Timestamp: nowMs,
      CloudWatchMetrics: [
        {
          Namespace: metricNamespace,
          Dimensions: [[metricDimension]],
          Metrics: names.map(Name => ({ Name, Unit: metricUnits[Name] })),
        },
      ],
    },
    [metricDimension]: installation,
    ...values,
  });
};
