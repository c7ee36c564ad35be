/** The dependencies of exports, and how functions that advance exports open them. */
import { type Athena, type Kinesis, openAthena, openKinesis, openS3, type S3 } from '#aws/clients.ts';
import type { ConfigurationOf } from '#aws/environment.ts';
import { Ledger } from '#aws/ledger.ts';
import type { Objects } from '#aws/objects.ts';
import {
  openAside,
  openLedger,
  openResults,
  openState,
  openStream,
  openViews,
  requireConfigured,
} from '#aws/open.ts';
import { Query } from '#aws/query.ts';
import { Segments } from '#aws/segments.ts';
import { SelfAudit } from '#aws/self-audit.ts';
import { Compactions } from '#aws/state/compactions.ts';
import { ExportJobs } from '#aws/state/export-jobs.ts';
import { Gaps } from '#aws/state/gaps.ts';
import { Leases } from '#aws/state/leases.ts';
import { Notices } from '#aws/state/notices.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import type { Stream } from '#aws/stream.ts';
import type { ExportJob, ExportResult } from '#domain/export/job.ts';
import type { Patience } from '#domain/export/job-decisions.ts';
import type { ExportOutcome } from '#domain/export/notification.ts';
import { maxSliceBytes } from '#domain/export/slices.ts';
import { SingleFlight } from '#domain/single-flight.ts';
import { type Instant, instantOfMilliseconds } from '#domain/time.ts';
import { type Log, log } from '#functions/runtime/log.ts';
import { logMetrics, type Metrics } from '#functions/runtime/metrics.ts';
import { deliverAtOnce, type NoticeWorld, recordNotice, type SendNotice } from './deliver-notices.ts';
import { topicSender } from './notify.ts';

/** Stores the notice that an export has ended; may be called twice. */
export type Notify = (job: ExportJob, outcome: ExportOutcome) => Promise<void>;

export type ExportWorld = {
  buckets: number;
  stream: Stream;
  ledger: Ledger;
  segments: Segments;
  state: Objects;
  results: Objects;
  jobs: ExportJobs;
  watermarks: Watermarks;
  gaps: Gaps;
  query: Query;
  selfAudit: SelfAudit;
  notify: Notify;
  /** Called after an end is stored; must not throw. */
  afterEnd?: (job: ExportJob) => Promise<void>;
  /** The notices that tick delivers; undefined if another part of the process does. */
  delivery?: NoticeWorld | undefined;
  /** The files that this process is writing, and the ends whose notices it is recording. */
  finishing: SingleFlight<ExportResult>;
  telling: SingleFlight<void>;
  patience: Patience;
  maxSliceBytes: number;
  /** How long tick leaves an ended query to finish, which is notified of it. */
  leaveToFinishMs: number;
  /** How long one process may write a file before another may try; 0 if there is only one process. */
  finishLeaseMs: number;
  leases: Leases;
  nowMs(): number;
  log: Log;
  metrics: Metrics;
};

/** Athena's event of an end takes seconds, if it comes at all. */
const defaultLeaveToFinishMs = 60_000;
/** Longer than Lambda lets finish or tick run. */
const defaultFinishLeaseMs = 16 * 60_000;

const heartbeatDeadlineMs = 5000;

export const nowOf = ({ nowMs }: Pick<ExportWorld, 'nowMs'>): Instant => instantOfMilliseconds(nowMs());

export type ExportClients = { kinesis: Kinesis; s3: S3; athena: Athena };
/** Where an export's notices, log lines and metrics go. */
export type ExportOutputs = { send: SendNotice; log: Log; metrics: Metrics };

export const createExportWorld = (
  configuration: ConfigurationOf<'finish'>,
  { kinesis, s3, athena }: ExportClients,
  { send, log, metrics }: ExportOutputs,
): ExportWorld => {
  const buckets = configuration.ANNALS_BUCKETS;
  const state = openState(s3, configuration);
  const results = openResults(s3, configuration);
  const stream = openStream(kinesis, configuration, heartbeatDeadlineMs);
  const ledger = new Ledger(openLedger(s3, configuration));
  const delivery: NoticeWorld = {
    notices: new Notices(state),
    events: configuration.ANNALS_NOTIFICATION_EVENTS,
    send,
    nowMs: Date.now,
    log,
  };
  return {
    buckets,
    stream,
    ledger,
    segments: new Segments({
      compactions: new Compactions(state),
      views: openViews(s3, configuration),
      ledger,
    }),
    state,
    results,
    jobs: new ExportJobs(state),
    watermarks: new Watermarks(state),
    gaps: new Gaps(openAside(s3, configuration), state, buckets),
    query: new Query(athena, {
      workGroup: configuration.ANNALS_WORK_GROUP,
      database: configuration.ANNALS_DATABASE,
      results: configuration.ANNALS_RESULTS,
    }),
    selfAudit: new SelfAudit(stream, buckets, Date.now),
    notify: (job, outcome) => recordNotice(delivery, job, outcome),
    afterEnd: job => deliverAtOnce(delivery, job),
    delivery,
    finishing: new SingleFlight(),
    telling: new SingleFlight(),
    patience: {
      stallSeconds: configuration.ANNALS_STALL_SECONDS,
      openSeconds: configuration.ANNALS_OPEN_SECONDS,
    },
    maxSliceBytes,
    leaveToFinishMs: defaultLeaveToFinishMs,
    finishLeaseMs: defaultFinishLeaseMs,
    leases: new Leases(results, Date.now),
    nowMs: Date.now,
    log,
    metrics,
  };
};

/**
 * Opens the world of exports from a function's configuration; throws if the configuration is not the
 * installation's.
 */
export const openExportWorld = async (configuration: ConfigurationOf<'finish'>): Promise<ExportWorld> => {
  const s3 = openS3();
  await requireConfigured(s3, configuration);
  return createExportWorld(
    configuration,
    { kinesis: openKinesis(), s3, athena: openAthena() },
    {
      send: topicSender(configuration.ANNALS_NOTIFICATION_TOPIC),
      log,
      metrics: logMetrics(configuration.ANNALS_INSTALLATION),
    },
  );
};
