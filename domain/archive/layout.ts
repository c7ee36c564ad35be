/**
 * Where everything lies: every key, prefix and partition value is made, and read back, here. Keys are made
 * from checked parts only, so that nothing an outsider sends can name a path.
 *
 * ledger   events/…                       what was received; never changes
 * aside    quarantine/ aws/lambda/ (on-failure): what could not be filed; deleted some days after it has ended
 *          refused/: what was refused and is kept; deleted after some months
 * state    watermark/ gaps/ (their ends) redrives/ admins/ admin-changes-open/ schedules/ schedules-due/
 *          exports/ exports-open/ exports-by-scope/ exports-by-time/ exports-by-query/ notices/
 *          refused/ refused-open/ refused-ended/ (what is known of refused items) installation.json;
 *          in installations made before 2026-12 quarantine/ and aws/lambda/ too
 * results  athena/ (query output) exports/ (CSVs and manifests) leases/ (who writes one)
 */

import { createHash } from 'node:crypto';
import { dateOf, type Instant, isInstant } from '#domain/time.ts';
import { bucketName } from './bucket.ts';
import { type Lane, lanes } from './lane.ts';

export const eventsPrefix = 'events/';
export const objectSuffix = '.json.gz';

export type ObjectName = {
  lane: Lane;
  bucket: number;
  /** The `filed_at` of the first row; its UTC day is the object's `date`. */
  firstFiledAt: Instant;
  /** The id of the stream, see `streamId`; the key has the first eight hex digits of its SHA-256. */
  stream: string;
  shard: string;
  firstSequence: string;
  lastSequence: string;
  /** SHA-256 of the text, in hex; the key has its first 32 digits. */
  textSha256: string;
};

/** What an object's key says. Keys made until 2026-11 name no stream, and only eight digits of the text. */
export type ParsedObjectKey = Omit<ObjectName, 'stream' | 'textSha256'> & {
  streamDigits: string | undefined;
  textDigits: string;
};

/** The digits of a stream's id in the names of its objects. */
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
 * The same partitions as Athena computes them, without asking a catalogue: the properties of partition
 * projection, for what lies below a location that ends with a slash. Outside of a range there are no rows and
 * no error, so the days begin before any event can have been filed, and end with tomorrow, since clocks differ.
 *
 * https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
 */
export const partitionProjection = (location: string, buckets: number): Record<string, string> => ({
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
  'storage.location.template': `${location}lane=\${lane}/bucket=\${bucket}/date=\${date}/`,
});
/** The prefix of the objects of a lane and bucket whose days begin like this: `2026-11`, or a whole day. */
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
 * What an object's key tells, in today's form or in the older one, which stays readable; undefined if it
 * is no such key. The two forms do not sort as their instants do: compare `firstFiledAt`, never the keys.
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

/** A stream by its name and the time of its creation: a later stream of the same name is another one. */
export const streamId = (streamName: string, createdAt: Instant): string => `${streamName}@${createdAt}`;

export const watermarkPrefix = 'watermark/';
export const watermarkKey = (stream: string, shard: string): string =>
  `${watermarkPrefix}${stream}/${shard}.json`;

/** The shard of a watermark's key; undefined if it is not such a key. */
export const watermarkOfKey = (key: string): { stream: string; shard: string } | undefined => {
  const [, stream, shard] = /^watermark\/([^/]+)\/([^/]+)\.json$/.exec(key) ?? [];
  return stream === undefined || shard === undefined ? undefined : { stream, shard };
};

export const quarantineRoot = 'quarantine/';
/** Where what was quarantined of a bucket lies; undefined if its partition key names no bucket. */
export const quarantinePrefix = (bucket: number | undefined): string =>
  `${quarantineRoot}bucket=${bucket === undefined ? 'any' : bucketName(bucket)}/`;

/** A record of the stream that could not be filed, or one line of it. */
export type QuarantineName = {
  bucket: number | undefined;
  filedAt: Instant;
  stream: string;
  shard: string;
  sequence: string;
  /** From 0; undefined for the whole record. */
  line: number | undefined;
};

export const quarantineKey = ({ bucket, line, ...place }: QuarantineName): string => {
  const { filedAt, stream, shard, sequence } = place;
  const suffix = line === undefined ? '' : `-${line}`;
  return `${quarantinePrefix(bucket)}${filedAt}-${stream}-${shard}-${sequence}${suffix}.json`;
};

/** The bucket and the `filed_at` of a quarantined object; undefined if the key is not one of ours. */
export const parseQuarantineKey = (
  key: string,
): { bucket: number | undefined; filedAt: Instant } | undefined => {
  const match = /^quarantine\/bucket=(any|\d{2,4})\/(.{30})-/.exec(key);
  if (!match || !isInstant(match[2]!)) return undefined;
  return { bucket: match[1] === 'any' ? undefined : Number(match[1]), filedAt: match[2]! };
};

/** Where Lambda puts what its event source gave up on; the service sets this prefix, and takes no other. */
export const onFailurePrefix = 'aws/lambda/';

/** The end of a gap is stored under the key of what made the gap. */
export const gapEndsPrefix = 'gaps/';
export const gapEndKey = (cause: string): string => `${gapEndsPrefix}${cause}`;
export const causeOfGapEndKey = (key: string): string => key.slice(gapEndsPrefix.length);

/** What has been put back on the stream, until it is filed: under the key of what made the gap. */
export const redrivesPrefix = 'redrives/';
export const redriveKey = (cause: string): string => `${redrivesPrefix}${cause}`;
export const causeOfRedriveKey = (key: string): string => key.slice(redrivesPrefix.length);

/** The record of what must not change after the first deploy. */
export const installationKey = 'installation.json';
