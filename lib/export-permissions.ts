/** What export, finish and tick share: each advances jobs as far as its trigger goes. */
import type { EnvironmentOf } from '#aws/environment.ts';
import {
  gapEndsPrefix,
  installationKey,
  lanePrefix,
  onFailurePrefix,
  watermarkPrefix,
} from '#domain/archive/layout.ts';
import { compactPrefix, segmentsPrefix } from '#domain/compact/layout.ts';
import {
  activeExportsPrefix,
  exportsByQueryPrefix,
  exportsRoot,
  leasesPrefix,
  queryOutputPrefix,
} from '#domain/export/layout.ts';
import { noticesPrefix } from '#domain/export/notice-layout.ts';
import { encryption, listing, objects, type Permission } from '#lib/function/permission.ts';
import type { EventStream } from '#lib/resources/event-stream.ts';
import type { Notifications } from '#lib/resources/notifications.ts';
import type { EventTable } from '#lib/resources/table.ts';
import type { StageProps } from './stage.ts';

export type CarryingProps = StageProps & {
  stream: EventStream;
  table: EventTable;
  notifications: Notifications;
};

export const exportEnvironment = ({
  storage,
  stream,
  table,
  notifications,
  settings,
}: CarryingProps): EnvironmentOf<'finish'> => ({
  ANNALS_INSTALLATION: settings.stackName,
  ANNALS_BUCKETS: String(settings.buckets),
  ANNALS_STREAM: stream.stream.streamName,
  ANNALS_STATE: storage.state.bucketName,
  ANNALS_LEDGER: storage.ledger.bucketName,
  ANNALS_VIEWS: storage.views.bucketName,
  ANNALS_RESULTS: storage.results.bucketName,
  ANNALS_ASIDE: storage.aside.bucketName,
  ANNALS_WORK_GROUP: table.workGroup,
  ANNALS_DATABASE: table.database,
  ANNALS_STALL_SECONDS: String(settings.stallSeconds),
  ANNALS_OPEN_SECONDS: String(settings.openSeconds),
  ANNALS_NOTIFICATION_TOPIC: notifications.topic.topicArn,
  ANNALS_NOTIFICATION_EVENTS: settings.notificationEvents,
});

/**
 * Reading jobs, appending to them, starting their queries, and ending them, which is recorded in the log and
 * notified.
 */
export const exportPermissions = ({
  storage,
  stream,
  table,
  notifications,
  key,
}: CarryingProps): Permission[] => [
  ...stream.puts(),
  ...notifications.publishes(),
  listing(storage.state),
  objects('s3:GetObject', storage.state, [exportsRoot, noticesPrefix, installationKey]),
  objects('s3:PutObject', storage.state, [exportsRoot, exportsByQueryPrefix, noticesPrefix, installationKey]),
  objects('s3:DeleteObject', storage.state, [activeExportsPrefix, noticesPrefix]),
  objects('s3:DeleteObject', storage.results, [queryOutputPrefix]),
  listing(storage.results),
  ...planningPermissions({ storage }),
  ...table.starts(),
  encryption(key, ['kms:Decrypt', 'kms:GenerateDataKey'], ['s3']),
];

/**
 * Planning what an attempt of an export reads, by the facts of segments, which are proven before, and the sizes of
 * later days of the ledger.
 */
const planningPermissions = ({ storage }: Pick<CarryingProps, 'storage'>): Permission[] => [
  listing(storage.ledger),
  listing(storage.views),
  objects('s3:GetObject', storage.views, [segmentsPrefix]),
  objects('s3:GetObject', storage.state, [compactPrefix]),
];

/** Making the file from a query's output, and the manifest with the gaps. */
export const completingPermissions = ({ storage, table }: CarryingProps): Permission[] => [
  table.status(),
  listing(storage.aside),
  objects('s3:GetObject', storage.aside, [onFailurePrefix]),
  objects('s3:GetObject', storage.state, [onFailurePrefix, gapEndsPrefix]),
  objects('s3:GetObject', storage.results, [queryOutputPrefix, exportsRoot, leasesPrefix]),
  objects('s3:PutObject', storage.results, [exportsRoot, leasesPrefix]),
  objects('s3:AbortMultipartUpload', storage.results, [exportsRoot]),
];

/**
 * Freezing what an export holds: how far the log is filed, and the late rows of a schedule's window.
 */
export const freezingPermissions = ({ storage, stream }: CarryingProps): Permission[] => [
  stream.identity(),
  objects('s3:GetObject', storage.state, [watermarkPrefix]),
  objects('s3:GetObject', storage.ledger, [lanePrefix('late')]),
];
