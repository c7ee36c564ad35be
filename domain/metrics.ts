/**
 * The metrics that Annals itself counts, declared once: the functions write them, alarms and the dashboard
 * read them. They are log lines in CloudWatch's embedded metric format, so writing them needs no call.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */

export const metricNamespace = 'Annals';
/** The only dimension: the installation, by the name of its stack. */
export const metricDimension = 'Installation';

export const metricUnits = {
  /** Counted by receive, once the events are stored. A busy instance writes its counts once a second. */
  AcceptedEvents: 'Count',
  RejectedEvents: 'Count',
  /** Accepted events whose action or version is not in the catalogue. */
  UncataloguedEvents: 'Count',
  /** Accepted events whose payload contradicts its schema in the catalogue. */
  MismatchedPayloads: 'Count',
  /** Events that the stream did not take; written at once. */
  NotStoredEvents: 'Count',
  /**
   * Refused events that could not be kept: no room, too large, or not taken by the stream; written at once.
   */
  RefusedNotKept: 'Count',
  /** Counted by archive. */
  FiledRows: 'Count',
  QuarantinedPieces: 'Count',
  /** Counted by compact; faults are buckets that it could not go on with, and days that are not what the ledger has. */
  CompactedRows: 'Count',
  CompactionFaults: 'Count',
  /** How long the oldest closed day that is not compacted has been over. */
  CompactionLag: 'Seconds',
  /** Counted by what reads segments: compacted days that are read from the ledger all the same. */
  SegmentFaults: 'Count',
  /** Counted by deliver. */
  DeliveredRows: 'Count',
  /** Deliveries whose destination fails or that have stopped, and those that could not be worked on. */
  FailingDeliveries: 'Count',
  /** The time since the instant up to which the delivery that is furthest behind has delivered. */
  DeliveryLag: 'Seconds',
  /** Counted by the function that ends an export. */
  SucceededExports: 'Count',
  FailedExports: 'Count',
  /**
   * Measured by tick every minute: the time since the instant up to which all buckets are completely filed.
   */
  FilingLag: 'Seconds',
  OpenGaps: 'Count',
  OpenExports: 'Count',
  OldestOpenExport: 'Seconds',
  /** Kept items that are neither resent nor dismissed. */
  OpenRefusedItems: 'Count',
  /** Bytes of the budget that refused items take. */
  RefusedBytes: 'Bytes',
  /** Notices that were given up after a day, and have not been retried or dismissed since. */
  UndeliveredNotices: 'Count',
} as const;

export type MetricName = keyof typeof metricUnits;
export type MetricValues = Partial<Record<MetricName, number>>;

/** The values as one line in the embedded metric format. */
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
