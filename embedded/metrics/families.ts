/**
 * What /metrics shows: a family for each metric that Annals counts, and for what only an embedded server
 * knows. `docs/operate.md` says what to do about each.
 */
import type { MetricName } from '#domain/metrics.ts';
import type { MetricFamily } from '#domain/open-metrics.ts';

export type Family = Omit<MetricFamily, 'samples'>;

const counter = (name: string, help: string): Family => ({ name: `annals_${name}`, type: 'counter', help });
const gauge = (name: string, help: string): Family => ({ name: `annals_${name}`, type: 'gauge', help });
/** The unit is the end of the name. */
const gaugeIn = (unit: 'seconds' | 'bytes', name: string, help: string): Family => ({
  ...gauge(`${name}_${unit}`, help),
  unit,
});

export const families = {
  AcceptedEvents: counter('accepted_events', 'Events that were stored'),
  RejectedEvents: counter('rejected_events', 'Events that were refused'),
  NotStoredEvents: counter('not_stored_events', 'Events that the stream did not take; senders got 503'),
  RefusedNotKept: counter('refused_not_kept_events', 'Refused events for which there was no room'),
  UncataloguedEvents: counter('uncatalogued_events', 'Accepted events whose action is not catalogued'),
  MismatchedPayloads: counter('mismatched_payloads', 'Accepted events whose payload contradicts its schema'),
  FiledRows: counter('filed_rows', 'Rows that were filed into the ledger'),
  QuarantinedPieces: counter('quarantined_pieces', 'Records and lines that could not be filed'),
  CompactedRows: counter('compacted_rows', 'Rows of closed days that were compacted'),
  CompactionFaults: counter('compaction_faults', 'Buckets and days that could not be compacted'),
  SegmentFaults: counter('segment_faults', 'Compacted days that were read from the ledger all the same'),
  SucceededExports: counter('succeeded_exports', 'Exports that have succeeded'),
  FailedExports: counter('failed_exports', 'Exports that have failed'),
  FilingLag: gaugeIn('seconds', 'filing_lag', 'Time since the instant up to which all is filed'),
  CompactionLag: gaugeIn(
    'seconds',
    'compaction_lag',
    'How long the oldest day to be compacted has been over',
  ),
  OpenGaps: gauge('open_gaps', 'Gaps that are neither redriven nor dismissed'),
  OpenExports: gauge('open_exports', 'Exports that have not ended'),
  OldestOpenExport: gaugeIn('seconds', 'oldest_open_export', 'How long the oldest open export has been open'),
  OpenRefusedItems: gauge('open_refused_items', 'Refused events that are kept, to be resent or dismissed'),
  RefusedBytes: gaugeIn('bytes', 'refused', 'Bytes of refused events that are kept'),
  DeliveredRows: counter('delivered_rows', 'Events that were handed over to the destinations of deliveries'),
  FailingDeliveries: gauge('failing_deliveries', 'Deliveries that fail or have stopped'),
  DeliveryLag: gaugeIn('seconds', 'delivery_lag', 'How far the delivery that is furthest behind is behind'),
  UndeliveredNotices: gauge('undelivered_notices', 'Notices that were given up after a day'),
} satisfies Record<MetricName, Family>;

export const ownFamilies = {
  waitingNotices: gauge('waiting_notices', 'Notices that wait for the receiver of the webhook'),
  diskFree: gaugeIn('bytes', 'disk_free', 'Free bytes on the disk of the data directory'),
  diskSize: gaugeIn('bytes', 'disk_size', 'Size of the disk of the data directory'),
  started: gaugeIn('seconds', 'start_time', 'When the process started, since 1970'),
  problem: gauge('problem', 'Whether /healthz reports this problem: 1 or 0'),
} satisfies Record<string, Family>;

export const isCounter = (name: MetricName): boolean => families[name].type === 'counter';
