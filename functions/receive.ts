/**
 * `POST /v1/events`: takes events and answers once the stream has them on disk. Every event of the body ends as
 * exactly one of accepted, rejected or not stored, and the sender is told which.
 */
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import { v7 } from 'uuid';
import { systemBackoff } from '#aws/backoff.ts';
import { type ConfigurationOf, readEnvironment } from '#aws/environment.ts';
import { requireInstallation } from '#aws/installation.ts';
import { Objects } from '#aws/objects.ts';
import { Stream } from '#aws/stream.ts';
import { installedCatalogue } from '#catalogue/installed.ts';
import { bucketOf } from '#domain/bucket.ts';
import type { Authorizer } from '#domain/caller.ts';
import type { Catalogue } from '#domain/catalogue.ts';
import { cloudEventHeaders } from '#domain/cloud-event.ts';
import { printIpAddress } from '#domain/ip-address.ts';
import type { MetricValues } from '#domain/metrics.ts';
import { encodePacks } from '#domain/pack.ts';
import { principalOfArn } from '#domain/principal.ts';
import { type ReceiverClock, receiverClock } from '#domain/receiver-clock.ts';
import type { Refusal } from '#domain/refusal.ts';
import { parseRequestBody, type RequestBody } from '#domain/request-body.ts';
import { directAlias } from '#domain/routes.ts';
import { encodeReceipt, encodeRow } from '#domain/row.ts';
import { type BringingRequest, stampEvent, stampRequest } from '#domain/stamps.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { type Answer, json, problem, unknownParameter } from './answer.ts';
import { answering, lambda } from './handler.ts';
import { type Log, log } from './log.ts';
import { gatherMetrics, logMetrics, type Metrics, writeFirst } from './metrics.ts';
import { traceIdOf } from './request-context.ts';

/** How far ahead of this clock an event may lie: the emitter's clock is another. */
export const maxAheadMs = 15 * 60 * 1000;
const retryAfterSeconds = 1;

export type ReceiveWorld = {
  stream: Stream;
  buckets: number;
  catalogue: Catalogue;
  /** Whether an action that is not catalogued is refused, and not only reported. */
  isStrict: boolean;
  nowMs(): number;
  clock: ReceiverClock;
  newId(): string;
  log: Log;
  metrics: Metrics;
};

/** What this function reads of a Function URL's event (payload format 2.0). */
export type ReceiveEvent = {
  headers: Record<string, string | undefined>;
  queryStringParameters?: Record<string, string | undefined> | undefined;
  body?: string | undefined;
  isBase64Encoded: boolean;
  requestContext: {
    requestId: string;
    http: { sourceIp: string };
    authorizer?: Authorizer;
  };
};

/** What a direct invocation sends: a body as HTTP would carry it, so that its JSON is kept as sent. */
export type DirectEvent = { body: string; content_type?: string };

/** What has come, from whom, and by which request; without HTTP there is none that an event could stand for. */
type Delivery = { body: RequestBody; from: string; requestId: string; http: BringingRequest | undefined };

/** `catalogued` is said of those events only whose action or version the catalogue does not have. */
type Accepted = {
  index: number;
  id: string;
  occurred_at: string;
  received_at: string;
  catalogued?: false;
};

type Invocation = Pick<Context, 'invokedFunctionArn' | 'awsRequestId'>;

const isDirect = ({ invokedFunctionArn }: Pick<Context, 'invokedFunctionArn'>): boolean =>
  invokedFunctionArn.endsWith(`:${directAlias}`);

export const receive =
  (world: ReceiveWorld) =>
  async (event: ReceiveEvent | DirectEvent, context: Invocation): Promise<Answer> => {
    const isHttp = !isDirect(context);
    const [parameter] = !isHttp ? [] : Object.keys((event as ReceiveEvent).queryStringParameters ?? {});
    if (parameter !== undefined) return unknownParameter(parameter, []);
    const delivery = isHttp
      ? httpDelivery(event as ReceiveEvent)
      : directDelivery(event as DirectEvent, context);
    const verdicts = parseRequestBody(delivery.body, {
      latest: instantOfMilliseconds(world.nowMs() + maxAheadMs),
      judge: (event, payload) => world.catalogue.judge(event, world.isStrict, payload),
    });
    if (!Array.isArray(verdicts)) return problem(verdicts.status, verdicts.code, verdicts.message);

    const accepted: Accepted[] = [];
    const rejected: (Refusal & { index: number })[] = [];
    const byBucket = new Map<number, { rows: string[]; places: number[] }>();
    const receipt = encodeReceipt(delivery.from, delivery.requestId, delivery.http?.address);
    const stampedRequest = stampRequest(delivery.http);
    verdicts.forEach(({ event, isCatalogued, refusal }, index) => {
      if (refusal) {
        rejected.push({ index, code: refusal.code, path: refusal.path, message: refusal.message });
        return;
      }
      const stamps = stampEvent(event, stampedRequest, world.clock.tick(), world.newId);
      const bucket = bucketOf(event.scopeId ?? event.targetId, world.buckets);
      const group = byBucket.get(bucket) ?? { rows: [], places: [] };
      byBucket.set(bucket, group);
      group.rows.push(encodeRow(event, stamps, receipt));
      group.places.push(accepted.length);
      accepted.push({
        index,
        id: stamps.id,
        occurred_at: stamps.occurredAt,
        received_at: stamps.receivedAt,
        ...(isCatalogued ? {} : { catalogued: false as const }),
      });
    });
    if (accepted.length === 0) {
      world.metrics(countsOf([], 0, rejected.length));
      return problem(422, 'no_valid_event', 'No event of the request is valid; see "rejected"', {
        accepted: 0,
        events: [],
        rejected,
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
      return json(rejected.length === 0 ? 202 : 207, {
        accepted: accepted.length,
        events: accepted,
        rejected,
      });
    const stored = accepted.filter((_, place) => !notStored.has(place));
    return problem(
      503,
      'not_stored',
      'The stream did not take every event; send those in "not_stored" again, with their id and occurred_at',
      {
        accepted: stored.length,
        events: stored,
        rejected,
        not_stored: accepted
          .filter((_, place) => notStored.has(place))
          .map(({ index, id, occurred_at }) => ({ index, id, occurred_at })),
      },
      { 'retry-after': String(retryAfterSeconds) },
    );
  };

const countsOf = (stored: readonly Accepted[], notStored: number, rejected: number): MetricValues => ({
  AcceptedEvents: stored.length,
  RejectedEvents: rejected,
  UncataloguedEvents: stored.filter(({ catalogued }) => catalogued === false).length,
  ...(notStored > 0 ? { NotStoredEvents: notStored } : {}),
});

const httpDelivery = ({ headers, body = '', isBase64Encoded, requestContext }: ReceiveEvent): Delivery => {
  const { requestId, http, authorizer } = requestContext;
  return {
    body: {
      bytes: isBase64Encoded ? Buffer.from(body, 'base64') : body,
      contentType: headers['content-type'] ?? '',
      contentEncoding: headers['content-encoding'] ?? '',
      cloudEventHeaders: cloudEventHeaders(headers),
    },
    from: principalOfArn(authorizer?.iam?.userArn ?? 'unknown'),
    requestId,
    http: {
      id: requestId,
      address: printIpAddress(http.sourceIp),
      traceId: traceIdOf({ headers }),
    },
  };
};

const directDelivery = (
  { body, content_type = '' }: DirectEvent,
  { invokedFunctionArn, awsRequestId }: Invocation,
): Delivery => ({
  body: { bytes: body, contentType: content_type, contentEncoding: '' },
  from: invokedFunctionArn,
  requestId: awsRequestId,
  http: undefined,
});

/** Puts the rows on the stream; gives the places of those that it did not take. */
const store = async (
  { stream, log }: ReceiveWorld,
  byBucket: ReadonlyMap<number, { rows: string[]; places: number[] }>,
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
  isStrict: configuration.ANNALS_CATALOGUE_MODE === 'strict',
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
