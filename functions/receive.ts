/**
 * `POST /v1/events`: takes events and answers once the stream has them on disk. Every event of the body ends as
 * exactly one of accepted, rejected or not stored, and the sender is told which.
 */
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import { v7 } from 'uuid';
import { systemBackoff } from '#aws/backoff.ts';
import { type ConfigurationOf, readEnvironment } from '#aws/environment.ts';
import { requireInstallation } from '#aws/installation.ts';
import { Objects } from '#aws/objects.ts';
import { Stream } from '#aws/stream.ts';
import { installedCatalogue } from '#catalogue/installed.ts';
import { bucketOf } from '#domain/bucket.ts';
import type { Catalogue, Strictness } from '#domain/catalogue.ts';
import type { AuditEvent } from '#domain/event.ts';
import { type Accepted, fitAnswer, printPath, type Rejected } from '#domain/event-answer.ts';
import type { MetricValues } from '#domain/metrics.ts';
import { encodePacks } from '#domain/pack.ts';
import { type ReceiverClock, receiverClock } from '#domain/receiver-clock.ts';
import { type BodyProblem, parseRequestBody, type Rules, type Take } from '#domain/request-body.ts';
import { encodeReceipt, encodeRow } from '#domain/row.ts';
import { type Stamps, stampEvent, stampRequest } from '#domain/stamps.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { type Answer, json, problem } from './answer.ts';
import {
  type Delivery,
  type DirectEvent,
  directDelivery,
  httpDelivery,
  type Invocation,
  isDirect,
  type ReceiveEvent,
} from './delivery.ts';
import { answering, lambda } from './handler.ts';
import { type Log, log } from './log.ts';
import { gatherMetrics, logMetrics, type Metrics, writeFirst } from './metrics.ts';

/** How far ahead of this clock an event may lie: the emitter's clock is another. */
export const maxAheadMs = 15 * 60 * 1000;
const retryAfterSeconds = 1;

export type ReceiveWorld = {
  stream: Stream;
  buckets: number;
  catalogue: Catalogue;
  /** What the catalogue refuses, beside what it warns of. */
  strictness: Strictness;
  nowMs(): number;
  clock: ReceiverClock;
  newId(): string;
  log: Log;
  metrics: Metrics;
};

export const receive =
  (world: ReceiveWorld) =>
  async (event: ReceiveEvent | DirectEvent, context: Invocation): Promise<Answer> => {
    const delivery = isDirect(context)
      ? directDelivery(event as DirectEvent, context)
      : httpDelivery(event as ReceiveEvent);
    if ('statusCode' in delivery) return delivery;
    const sorted = sort(world, delivery);
    if ('status' in sorted) {
      const { status, code, message } = sorted;
      // RFC 9110, 15.5.16: which codings would be taken.
      return problem(status, code, message, {}, status === 415 ? { 'accept-encoding': 'gzip, deflate' } : {});
    }
    const { accepted, rejected, byBucket } = sorted;
    if (accepted.length === 0) {
      world.metrics(countsOf([], 0, rejected.length));
      return problem(422, 'no_valid_event', 'No event of the request is valid; see "rejected"', {
        ...fitAnswer({ accepted: 0, events: [], rejected }),
      });
    }

    // Counted once, when it is known what was stored: all of it as not stored if the stream cannot be asked.
    let notStored = new Set(accepted.keys());
    try {
      notStored = await store(world, byBucket, delivery.requestId);
    } finally {
      const counted = accepted.filter((_, place) => !notStored.has(place));
      world.metrics(countsOf(counted, notStored.size, rejected.length));
    }
    if (notStored.size === 0)
      return json(
        rejected.length === 0 ? 202 : 207,
        fitAnswer({ accepted: accepted.length, events: accepted, rejected }),
      );
    const stored = accepted.filter((_, place) => !notStored.has(place));
    const not_stored = accepted
      .filter((_, place) => notStored.has(place))
      .map(({ index, id, occurred_at }) => ({ index, id, occurred_at }));
    return problem(
      503,
      'not_stored',
      'The stream did not take every event; send those in "not_stored" again, with their id and occurred_at',
      { ...fitAnswer({ accepted: stored.length, events: stored, rejected, not_stored }) },
      { 'retry-after': String(retryAfterSeconds) },
    );
  };

/** Finding out what was meant takes longer the more actions there are, and nobody reads more. */
const maxHints = 10;

const rulesOf = ({ nowMs, catalogue, strictness }: ReceiveWorld): Rules => {
  let hints = 0;
  const mayHint = (): boolean => hints++ < maxHints;
  return {
    latest: instantOfMilliseconds(nowMs() + maxAheadMs),
    judge: event => catalogue.judge(event, strictness, mayHint),
  };
};

/** The rows of a bucket, and of each its place among the accepted events. */
type ByBucket = ReadonlyMap<number, { rows: string[]; places: number[] }>;

/** What is told of each event, in the order sent, and the rows of those that are accepted. */
type Sorted = { accepted: Accepted[]; rejected: Rejected[]; byBucket: ByBucket };

const sort = (world: ReceiveWorld, delivery: Delivery): Sorted | BodyProblem => {
  const { buckets, clock, newId } = world;
  const { body, from, requestId, http, isStamping } = delivery;
  const accepted: Accepted[] = [];
  const rejected: Rejected[] = [];
  const byBucket = new Map<number, { rows: string[]; places: number[] }>();
  const receipt = encodeReceipt(from, requestId, http?.address);
  const stampedRequest = stampRequest(isStamping ? http : undefined);
  // Of each event only its row and what is told of it are kept while the next is read.
  const take: Take = ({ event, isCatalogued, refusal }, index) => {
    if (refusal) {
      rejected.push({ index, ...refusal, path: printPath(refusal.path) });
      return;
    }
    const stamps = stampEvent(event, stampedRequest, clock.tick(), newId);
    const bucket = bucketOf(event.scopeId ?? event.targetId, buckets);
    const group = byBucket.get(bucket) ?? { rows: [], places: [] };
    byBucket.set(bucket, group);
    group.rows.push(encodeRow(event, stamps, receipt));
    group.places.push(accepted.length);
    accepted.push(acceptedOf(index, event, stamps, isCatalogued));
  };
  return parseRequestBody(body, rulesOf(world), take) ?? { accepted, rejected, byBucket };
};

const acceptedOf = (
  index: number,
  { sentId, warnings }: AuditEvent,
  { id, occurredAt, receivedAt }: Stamps,
  isCatalogued: boolean,
): Accepted => {
  const told: Accepted = { index, id, occurred_at: occurredAt, received_at: receivedAt };
  if (sentId !== undefined) told.sent_id = sentId;
  if (!isCatalogued) told.catalogued = false;
  if (warnings.length > 0)
    told.warnings = warnings.map(warning => ({ ...warning, path: printPath(warning.path) }));
  return told;
};

const isMismatched = ({ warnings }: Accepted): boolean =>
  warnings?.some(({ code }) => code === 'payload_mismatch') ?? false;

const countsOf = (stored: readonly Accepted[], notStored: number, rejected: number): MetricValues => ({
  AcceptedEvents: stored.length,
  RejectedEvents: rejected,
  UncataloguedEvents: stored.filter(({ catalogued }) => catalogued === false).length,
  MismatchedPayloads: stored.filter(isMismatched).length,
  ...(notStored > 0 ? { NotStoredEvents: notStored } : {}),
});

/** Puts the rows on the stream; gives the places of those that it did not take. */
const store = async (
  { stream, log }: ReceiveWorld,
  byBucket: ByBucket,
  requestId: string,
): Promise<Set<number>> => {
  const packs: { bucket: number; data: Buffer; places: number[] }[] = [];
  for (const [bucket, { rows, places }] of byBucket) {
    let from = 0;
    for (const pack of encodePacks(rows)) {
      packs.push({ bucket, data: pack.data, places: places.slice(from, from + pack.rows) });
      from += pack.rows;
    }
  }
  const { positions, reason } = await stream.put(packs);
  const notStored = new Set(packs.flatMap(({ places }, at) => (positions[at] ? [] : places)));
  if (notStored.size > 0) {
    log('error', 'The stream did not take every pack', {
      reason,
      events: notStored.size,
      request_id: requestId,
    });
  }
  return notStored;
};

/** The deadline leaves room for the answer within the function's timeout. */
const putDeadlineMs = 8000;

export const openReceive = (
  configuration: ConfigurationOf<'receive'>,
  kinesis: Pick<KinesisClient, 'send'>,
  catalogue: Catalogue,
): ReceiveWorld => ({
  stream: new Stream(kinesis, {
    streamName: configuration.ANNALS_STREAM,
    buckets: configuration.ANNALS_BUCKETS,
    deadlineMs: putDeadlineMs,
    backoff: systemBackoff,
    nowMs: Date.now,
  }),
  buckets: configuration.ANNALS_BUCKETS,
  catalogue,
  strictness: { isStrict: configuration.ANNALS_CATALOGUE_MODE === 'strict', isPayloadStrict: false },
  nowMs: Date.now,
  clock: receiverClock(Date.now, () => performance.now()),
  newId: v7,
  log,
  metrics: () => undefined,
});

/** How often the counts of an instance are written, but for those of its first requests. */
const metricsEveryMs = 60_000;
const firstLines = 5;
/** It holds what this instance has counted and not written, so it outlives a world that is opened anew after a failure. */
let metrics: Metrics | undefined;

const handle = lambda(async () => {
  const configuration = readEnvironment('receive', process.env);
  const state = new Objects(new S3Client({}), configuration.ANNALS_STATE, systemBackoff);
  await requireInstallation(state, { buckets: configuration.ANNALS_BUCKETS });
  const write = logMetrics(configuration.ANNALS_INSTALLATION);
  metrics ??= writeFirst(
    firstLines,
    write,
    gatherMetrics(write, metricsEveryMs, ['NotStoredEvents'], Date.now),
  );
  return receive({ ...openReceive(configuration, new KinesisClient({}), installedCatalogue), metrics });
});
const answer = answering(handle);

/** A service that invokes the function itself is told of an error as Lambda tells it. */
export const handler: typeof handle = (event, context) =>
  isDirect(context) ? handle(event, context) : answer(event, context);
