/**
 * Where everything lies: every key, prefix and partition value is made, and read back, here. Keys are made
 * from checked parts only, so that nothing an outsider sends can name a path.
 *
 * ledger   events/…                       what was received; never changes
 * aside    quarantine/ aws/lambda/ (on-failure): what could not be filed; deleted some days after it has ended
 *          refused/: what was refused and is kept; deleted after some months
 * state    watermark/ gaps/ (their ends) exports/ exports-open/
 *          exports-by-scope/ exports-by-time/ exports-by-query/ admins/ admin-changes-open/ schedules/ schedules-due/ redrives/
 *          notices/ refused/ refused-open/ refused-ended/ (what is known of refused items) installation.json; of installations made before 2026-12 quarantine/ and aws/lambda/ too
 * results  athena/ (query output) exports/ (CSVs and manifests) leases/ (who writes one)
 */
import { createHash } from 'node:crypto';
import { type FileForm, fileKindOf } from '#domain/export/format.ts';
import { dateOf, type Instant, isInstant } from '#domain/time.ts';
import { bucketName } from './bucket.ts';

export const lanes = ['ontime', 'late'] as const;
export type Lane = (typeof lanes)[number];

/**
 * The lane of a row, by when it occurred and the instant 24 hours before it was filed. These 24 hours are a part of the
 * format: a line lies in the same lane for ever, and readers count on it.
 */
export const laneOf = (occurredAt: Instant, dayBeforeFiling: Instant): Lane =>
  occurredAt < dayBeforeFiling ? 'late' : 'ontime';

export const eventsPrefix = 'events/';
export const objectSuffix = '.json.gz';

export type ObjectName = {
  lane: Lane;
  bucket: number;
  /** The `filed_at` of the first row; its UTC day is the object's `date`. */
  firstFiledAt: Instant;
  /** The id of the stream, see `streamId`; the first eight hex digits of its SHA-256 stand in the key. */
  stream: string;
  shard: string;
  firstSequence: string;
  lastSequence: string;
  /** SHA-256 of the text, in hex; its first 32 digits stand in the key. */
  textSha256: string;
};

/** What an object's key tells. Keys that were made until 2026-11 name no stream, and only eight digits of the text. */
export type ParsedObjectKey = Omit<ObjectName, 'stream' | 'textSha256'> & {
  streamDigits: string | undefined;
  textDigits: string;
};

/** The digits of a stream's id that its objects bear. */
export const streamDigits = (stream: string): string =>
  createHash('sha256').update(stream).digest('hex').slice(0, 8);

export const objectKey = (name: ObjectName): string => {
  const { lane, bucket, firstFiledAt, stream, shard, firstSequence, lastSequence, textSha256 } = name;
  const partition = `lane=${lane}/bucket=${bucketName(bucket)}/date=${dateOf(firstFiledAt)}`;
  // Without colons: Hadoop's globs cannot name a file that has one.
  const time = firstFiledAt.replaceAll(':', '');
  const place = `${streamDigits(stream)}-${shard}-${firstSequence}-${lastSequence}`;
  return `${eventsPrefix}${partition}/${time}-${place}-${textSha256.slice(0, 32)}${objectSuffix}`;
};

/**
 * The same partitions as Athena computes them, without asking a catalogue: the properties of partition projection.
 * Outside of a range there are no rows and no error, so the days begin before any event can have been filed, and end
 * with tomorrow, since clocks differ.
 * https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
 */
export const partitionProjection = (ledger: string, buckets: number): Record<string, string> => ({
  'projection.enabled': 'true',
  'projection.lane.type': 'enum',
  'projection.lane.values': lanes.join(','),
  'projection.bucket.type': 'integer',
  'projection.bucket.range': `0,${buckets - 1}`,
  'projection.bucket.digits': '2',
  'projection.date.type': 'date',
  'projection.date.format': 'yyyy-MM-dd',
  'projection.date.range': `${firstDate},NOW+1DAYS`,
  'projection.date.interval': '1',
  'projection.date.interval.unit': 'DAYS',
  'storage.location.template': `s3://${ledger}/${eventsPrefix}lane=\${lane}/bucket=\${bucket}/date=\${date}/`,
});
/** Where the objects of a lane and bucket lie whose days begin so: `2026-11`, or a whole day. */
export const daysPrefix = (lane: Lane, bucket: number, day: string): string =>
  `${lanePrefix(lane)}bucket=${bucketName(bucket)}/date=${day}`;
export const lanePrefix = (lane: Lane): string => `${eventsPrefix}lane=${lane}/`;
/** No event was filed before. */
export const firstDate = '2026-01-01';

const objectKeyGrammar =
  /^events\/lane=(ontime|late)\/bucket=(\d{2,4})\/date=([\d-]{10})\/([^/]+)\.json\.gz$/;
const nameGrammar = /^(.{10})T(\d\d)(\d\d)(\d\d\.\d{9}Z)-([0-9a-f]{8})-(.+)-(\d+)-(\d+)-([0-9a-f]{32})$/;
const oldNameGrammar = /^(.{10})T(\d\d):(\d\d):(\d\d\.\d{9}Z)()-(.+)-(\d+)-(\d+)-([0-9a-f]{8})$/;

/**
 * What an object's key tells, in today's form or in that of before, which is read for good; undefined if it is no such
 * key. The two forms do not sort as their instants do: compare `firstFiledAt`, never the keys.
 */
export const parseObjectKey = (key: string): ParsedObjectKey | undefined => {
  const [, lane, bucket, date, name = ''] = objectKeyGrammar.exec(key) ?? [];
  const match = nameGrammar.exec(name) ?? oldNameGrammar.exec(name);
  if (!match) return undefined;
  const [, day, hours, minutes, seconds, stream, shard, firstSequence, lastSequence, text] =
    match as unknown as string[];
  const firstFiledAt = `${day}T${hours}:${minutes}:${seconds}`;
  if (day !== date || !isInstant(firstFiledAt) || bucketName(Number(bucket)) !== bucket) return undefined;
  return {
    lane: lane as Lane,
    bucket: Number(bucket),
    firstFiledAt,
    streamDigits: stream || undefined,
    shard: shard!,
    firstSequence: firstSequence!,
    lastSequence: lastSequence!,
    textDigits: text!,
  };
};

/** A stream by its name and the time of its creation: one of the same name made later is another. */
export const streamId = (streamName: string, createdAt: Instant): string => `${streamName}@${createdAt}`;

export const watermarkPrefix = 'watermark/';
export const watermarkKey = (stream: string, shard: string): string =>
  `${watermarkPrefix}${stream}/${shard}.json`;

/** Whose watermark lies at a key; undefined if it is no such key. */
export const watermarkOfKey = (key: string): { stream: string; shard: string } | undefined => {
  const [, stream, shard] = /^watermark\/([^/]+)\/([^/]+)\.json$/.exec(key) ?? [];
  return stream === undefined || shard === undefined ? undefined : { stream, shard };
};

export const quarantineRoot = 'quarantine/';
/** Where what was quarantined of a bucket lies; undefined where the record's partition key names none. */
export const quarantinePrefix = (bucket: number | undefined): string =>
  `${quarantineRoot}bucket=${bucket === undefined ? 'any' : bucketName(bucket)}/`;

/** `line` is undefined where the whole pack is meant. */
export const quarantineKey = (
  bucket: number | undefined,
  filedAt: Instant,
  stream: string,
  shard: string,
  sequence: string,
  line: number | undefined,
): string => {
  const suffix = line === undefined ? '' : `-${line}`;
  return `${quarantinePrefix(bucket)}${filedAt}-${stream}-${shard}-${sequence}${suffix}.json`;
};

/** The bucket and the `filed_at` of a quarantined object; undefined where the key is not one of ours. */
export const parseQuarantineKey = (
  key: string,
): { bucket: number | undefined; filedAt: Instant } | undefined => {
  const match = /^quarantine\/bucket=(any|\d{2,4})\/(.{30})-/.exec(key);
  if (!match || !isInstant(match[2]!)) return undefined;
  return { bucket: match[1] === 'any' ? undefined : Number(match[1]), filedAt: match[2]! };
};

/** Where Lambda puts what its event source gave up on; the service sets this prefix, and takes no other. */
export const onFailurePrefix = 'aws/lambda/';

export const refusedRoot = 'refused/';
/** A part of a refused item as it came through the stream. Without colons, as the objects of the ledger. */
export const refusedFileKey = (bucket: number, filedAt: Instant, key: string, part: number): string =>
  `${refusedRoot}bucket=${bucketName(bucket)}/${withoutColons(filedAt)}-${key}-${part}`;

/** When a part was filed, and of which item it is; undefined if the key is not one of ours. */
export const parseRefusedFileKey = (key: string): { filedAt: Instant; item: string } | undefined => {
  const [, filed, item] = /^refused\/bucket=\d{2,4}\/(.{28})-([0-9a-f]{64})-\d+$/.exec(key) ?? [];
  const filedAt = withColons(filed ?? '');
  return item !== undefined && isInstant(filedAt) ? { filedAt, item } : undefined;
};

/** In the state: what is known of an item. */
export const refusedItemsPrefix = `${refusedRoot}items/`;
export const refusedItemKey = (key: string): string => `${refusedItemsPrefix}${key}.json`;
export const itemOfRefusedItemKey = (key: string): string => key.slice(refusedItemsPrefix.length, -5);
/** How much is kept, as tick has counted it. */
export const refusedUsageKey = `${refusedRoot}usage.json`;

/** Under which hash of the id of a scope items stand in the indexes. */
export const scopeSha256 = (scopeId: string): string => pathToken(scopeId);
const unscoped = 'unscoped';

/** `at` is when the item occurred, if that is known. */
export type RefusedEntry = { key: string; scope: string | undefined; at: Instant; filedAt: Instant };

export const openRefusedPrefix = 'refused-open/';
/** The open items of a scope by its hash; of every scope, and of none, if that is undefined. */
export const openRefusedOfPrefix = (scope: string | undefined): string =>
  scope === undefined ? openRefusedPrefix : `${openRefusedPrefix}${scope}/`;
const entryName = ({ at, filedAt, key }: RefusedEntry): string =>
  `${withoutColons(at)}-${withoutColons(filedAt)}-${key}`;
export const openRefusedKey = (entry: RefusedEntry): string =>
  `${openRefusedPrefix}${entry.scope ?? unscoped}/${entryName(entry)}`;
/** Where the entries of what occurred at an instant or later begin. */
export const openRefusedFrom = (scope: string, from: Instant): string =>
  `${openRefusedPrefix}${scope}/${withoutColons(from)}`;

/** The items that have ended not long ago: an export that was frozen before has to count them. */
export const endedRefusedPrefix = 'refused-ended/';
export const endedRefusedOfPrefix = (scope: string | undefined): string =>
  scope === undefined ? endedRefusedPrefix : `${endedRefusedPrefix}${scope}/`;
export const endedRefusedKey = (entry: RefusedEntry, endedAt: Instant): string =>
  `${endedRefusedPrefix}${entry.scope ?? unscoped}/${withoutColons(endedAt)}-${entryName(entry)}`;

const entryGrammar =
  /^refused-(?:open|ended)\/(unscoped|[0-9a-f]{64})\/(?:(.{28})-)?(.{28})-(.{28})-([0-9a-f]{64})$/;

/** What an entry of either index tells; undefined if it is not one of ours. `endedAt` is of those that have ended. */
export const parseRefusedEntry = (
  indexKey: string,
): (RefusedEntry & { endedAt: Instant | undefined }) | undefined => {
  const [, scope, ended, at, filedAt, key] = entryGrammar.exec(indexKey) ?? [];
  if (key === undefined) return undefined;
  const entry = {
    key,
    scope: scope === unscoped ? undefined : scope,
    at: withColons(at!),
    filedAt: withColons(filedAt!),
    endedAt: ended === undefined ? undefined : withColons(ended),
  };
  return isInstant(entry.at) && isInstant(entry.filedAt) ? entry : undefined;
};

/** Hadoop's globs cannot name a file that has a colon. */
const withoutColons = (instant: Instant): string => instant.replaceAll(':', '');
const withColons = (text: string): Instant => text.replace(/^(.{13})(..)(.*)$/, '$1:$2:$3');

/** A gap's end lies under the key of what made the gap. */
export const gapEndsPrefix = 'gaps/';
export const gapEndKey = (cause: string): string => `${gapEndsPrefix}${cause}`;
export const causeOfGapEndKey = (key: string): string => key.slice(gapEndsPrefix.length);

/** What has been put back on the stream, until it is filed: under the key of what made the gap. */
export const redrivesPrefix = 'redrives/';
export const redriveKey = (cause: string): string => `${redrivesPrefix}${cause}`;
export const causeOfRedriveKey = (key: string): string => key.slice(redrivesPrefix.length);

export const exportsRoot = 'exports/';
export const exportPrefix = (id: string): string => `${exportsRoot}${id}/`;
/** Eight digits, so that keys sort as the events do. */
const eventNumber = (n: number): string => String(n).padStart(8, '0');
/** The n-th event of the aggregate whose events lie below a prefix. */
export const eventKey = (prefix: string, n: number): string => `${prefix}${eventNumber(n)}.json`;
/** The n-th event of an export job. */
export const exportEventKey = (id: string, n: number): string => eventKey(exportPrefix(id), n);

export const activeExportsPrefix = 'exports-open/';
export const activeExportKey = (id: string): string => `${activeExportsPrefix}${id}`;
export const exportIdOfActiveKey = (key: string): string => key.slice(activeExportsPrefix.length);

export const exportsByScopePrefix = 'exports-by-scope/';
/** The jobs of a scope, the newest first; of the complete log where `scopeId` is undefined. */
export const exportsOfScopePrefix = (scopeId: string | undefined): string =>
  `${exportsByScopePrefix}${scopeId === undefined ? 'all' : `scope-${pathToken(scopeId)}`}/`;
/** Every job of every scope, the newest first. */
export const allExportsPrefix = 'exports-by-time/';

/** What makes keys sort from the newest: the milliseconds that remain until a far day, 15 digits. */
const untilFarDay = (milliseconds: number): string =>
  String(999_999_999_999_999 - milliseconds).padStart(15, '0');

export const exportIndexName = (askedAtMs: number, id: string): string => `${untilFarDay(askedAtMs)}-${id}`;
const indexNameOf = (key: string): string => key.slice(key.lastIndexOf('/') + 1);
export const exportIdOfIndexKey = (key: string): string => indexNameOf(key).slice(16);
export const askedAtMsOfIndexKey = (key: string): number =>
  999_999_999_999_999 - Number(indexNameOf(key).slice(0, 15));

/** Which export a query belongs to. */
export const exportsByQueryPrefix = 'exports-by-query/';
export const queryIndexKey = (queryExecutionId: string): string =>
  `${exportsByQueryPrefix}${queryExecutionId}.json`;

/** Whether a user is an admin of a scope. */
export const adminKey = (scopeId: string, userId: string): string =>
  `${adminsOfScopePrefix(scopeId)}${pathToken(userId)}.json`;
export const adminsOfScopePrefix = (scopeId: string): string => `${adminsPrefix}${pathToken(scopeId)}/`;
export const adminsPrefix = 'admins/';
/** Changes of admins that are not known to be done, each under the id of its intent. */
export const openAdminChangesPrefix = 'admin-changes-open/';
export const openAdminChangeKey = (intentId: string): string => `${openAdminChangesPrefix}${intentId}.json`;

/** The events of a schedule, numbered as those of an export. */
export const schedulesPrefix = 'schedules/';
export const schedulesOfScopePrefix = (scopeId: string): string => `${schedulesPrefix}${pathToken(scopeId)}/`;
export const schedulePrefix = (scopeId: string, id: string): string =>
  `${schedulesOfScopePrefix(scopeId)}${pathToken(id)}/`;
export const scheduleEventKey = (scopeId: string, id: string, n: number): string =>
  eventKey(schedulePrefix(scopeId, id), n);
/** When schedules have to be looked at next, the soonest first. */
export const schedulesDuePrefix = 'schedules-due/';
export const scheduleDueKey = (due: Instant, scopeId: string, id: string): string =>
  `${schedulesDuePrefix}${due}/${pathToken(scopeId)}/${pathToken(id)}.json`;
export const dueOfKey = (key: string): Instant =>
  key.slice(schedulesDuePrefix.length, schedulesDuePrefix.length + 30);
/** Where the events of the schedule lie that an entry is for. */
export const schedulePrefixOfDueKey = (key: string): string =>
  `${schedulesPrefix}${key.slice(schedulesDuePrefix.length + 31, -'.json'.length)}/`;

/** Notices on their way: when each has to be tried next, the soonest first; those that wait; those that were given up. */
export const noticesPrefix = 'notices/';
export const noticesDuePrefix = `${noticesPrefix}due/`;
export const noticeDueKey = (due: Instant, id: string): string => `${noticesDuePrefix}${due}/${id}`;
export const parseNoticeDueKey = (key: string): { due: Instant; id: string } => ({
  due: key.slice(noticesDuePrefix.length, noticesDuePrefix.length + 30),
  id: key.slice(noticesDuePrefix.length + 31),
});
export const undeliveredNoticesPrefix = `${noticesPrefix}undelivered/`;
export const undeliveredNoticeKey = (id: string): string => `${undeliveredNoticesPrefix}${id}.json`;
export const waitingNoticesPrefix = `${noticesPrefix}waiting/`;
export const waitingNoticeKey = (id: string): string => `${waitingNoticesPrefix}${id}.json`;

/** The place of a notice in their list: `waiting-<id>`, or `undelivered-<id>`. */
export const noticeCursorOf = (key: string): string =>
  key.slice(noticesPrefix.length, -'.json'.length).replace('/', '-');
export const keyOfNoticeCursor = (cursor: string): string =>
  `${noticesPrefix}${cursor.replace('-', '/')}.json`;

/** An outsider's id as a part of a key: a hash, since ids may hold any character and be of any case. */
const pathToken = (id: string): string => createHash('sha256').update(id).digest('hex');

/** Whether a text can be the cursor of a list of admins or schedules: what such a key has after the prefix. */
export const isStateCursor = (text: string): boolean => /^[0-9a-f]{64}(\.json)?$/.test(text);

/** Where a query's output goes; Athena puts it at `<this><query execution id>.csv`. */
export const queryOutputPrefix = 'athena/';
export const queryOutputKey = (queryExecutionId: string): string =>
  `${queryOutputPrefix}${queryExecutionId}.csv`;
/** The files of an export, each time that it was asked for apart. */
export const exportFileKey = (id: string, retries: number, form: FileForm = {}): string =>
  `${exportPrefix(id)}${retries}/audit-log.${fileKindOf(form).extension}`;
export const manifestKey = (id: string, retries: number): string =>
  `${exportPrefix(id)}${retries}/manifest.json`;

/** Who writes the file of an export now, at this step of it. */
export const leasesPrefix = 'leases/';
export const finishLeaseKey = (id: string, step: number): string => `${leasesPrefix}${id}-${step}.json`;

/** The record of what must not change after the first deploy. */
export const installationKey = 'installation.json';
