/**
 * `POST /v1/events`: takes events and answers once the stream has them on disk. Every event of the body ends as
 * exactly one of accepted, rejected or not stored, and the sender is told which.
 */
import { KinesisClient } from '@aws-sdk/client-kinesis';
import type { Context } from 'aws-lambda';
import { v7 } from 'uuid';
import { systemBackoff } from '#aws/backoff.ts';
import { type ConfigurationOf, readEnvironment } from '#aws/environment.ts';
import { Stream } from '#aws/stream.ts';
import { bucketOf } from '#domain/bucket.ts';
import type { AuditEvent } from '#domain/event.ts';
import { printIpAddress } from '#domain/ip-address.ts';
import { encodePacks } from '#domain/pack.ts';
import { principalOfArn } from '#domain/principal.ts';
import { type ReceiverClock, receiverClock } from '#domain/receiver-clock.ts';
import type { Refusal } from '#domain/refusal.ts';
import { parseRequestBody, type RequestBody } from '#domain/request-body.ts';
import { encodeReceipt, encodeRow, type Stamps } from '#domain/row.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { type Answer, json, problem, unknownParameter } from './answer.ts';
import { type Log, log } from './log.ts';

/** The alias by which a service of the company may invoke the function itself, without HTTP. */
export const directAlias = 'direct';
/** How far ahead of this clock an event may lie: the emitter's clock is another. */
export const maxAheadMs = 15 * 60 * 1000;
const retryAfterSeconds = 1;

export type ReceiveWorld = {
  stream: Stream;
  buckets: number;
  nowMs(): number;
  clock: ReceiverClock;
  newId(): string;
  log: Log;
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
    authorizer?: { iam?: { userArn?: string | null } | null } | null;
  };
};

/** What a direct invocation sends: a body as HTTP would carry it, so that its JSON is kept as sent. */
export type DirectEvent = { body: string; content_type?: string };

/** How a body came: who sent it, and the external request that it stands for, if any. */
type Receipt = {
  body: RequestBody;
  from: string;
  requestId: string;
  address: string | undefined;
  traceId: string | undefined;
  isHttp: boolean;
};

type Accepted = { index: number; id: string; occurred_at: string; received_at: string };

export const receive =
  (world: ReceiveWorld) =>
  async (
    event: ReceiveEvent | DirectEvent,
    context: Pick<Context, 'invokedFunctionArn' | 'awsRequestId'>,
  ): Promise<Answer> => {
    const isDirect = context.invokedFunctionArn.endsWith(`:${directAlias}`);
    const [parameter] = isDirect ? [] : Object.keys((event as ReceiveEvent).queryStringParameters ?? {});
    if (parameter !== undefined) return unknownParameter(parameter, []);
    const receipt = isDirect
      ? directReceipt(event as DirectEvent, context)
      : httpReceipt(event as ReceiveEvent);
    const verdicts = parseRequestBody(receipt.body, instantOfMilliseconds(world.nowMs() + maxAheadMs));
    if (!Array.isArray(verdicts)) return problem(verdicts.status, verdicts.code, verdicts.message);

    const accepted: Accepted[] = [];
    const rejected: (Refusal & { index: number })[] = [];
    const byBucket = new Map<number, { rows: string[]; places: number[] }>();
    const suffix = encodeReceipt(receipt.from, receipt.requestId, receipt.address);
    const stampedRequest = stampRequest(receipt);
    verdicts.forEach(({ event, refusal }, index) => {
      if (refusal) {
        rejected.push({ index, code: refusal.code, path: refusal.path, message: refusal.message });
        return;
      }
      const stamps = stampEvent(event, world, stampedRequest);
      const bucket = bucketOf(event.scopeId ?? event.targetId, world.buckets);
      const group = byBucket.get(bucket) ?? { rows: [], places: [] };
      byBucket.set(bucket, group);
      group.rows.push(encodeRow(event, stamps, suffix));
      group.places.push(accepted.length);
      accepted.push({ index, id: stamps.id, occurred_at: stamps.occurredAt, received_at: stamps.receivedAt });
    });
    if (accepted.length === 0)
      return problem(422, 'no_valid_event', 'No event of the request is valid; see "rejected"', {
        accepted: 0,
        events: [],
        rejected,
      });

    const notStored = await store(world, byBucket, receipt.requestId);
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

const httpReceipt = ({ headers, body = '', isBase64Encoded, requestContext }: ReceiveEvent): Receipt => ({
  body: {
    bytes: isBase64Encoded ? Buffer.from(body, 'base64') : body,
    contentType: headers['content-type'] ?? '',
    contentEncoding: headers['content-encoding'] ?? '',
  },
  from: principalOfArn(requestContext.authorizer?.iam?.userArn ?? 'unknown'),
  requestId: requestContext.requestId,
  address: printIpAddress(requestContext.http.sourceIp),
  traceId: headers['x-client-trace-id'],
  isHttp: true,
});

const directReceipt = (
  { body, content_type = '' }: DirectEvent,
  { invokedFunctionArn, awsRequestId }: Pick<Context, 'invokedFunctionArn' | 'awsRequestId'>,
): Receipt => ({
  body: { bytes: body, contentType: content_type, contentEncoding: '' },
  from: invokedFunctionArn,
  requestId: awsRequestId,
  address: undefined,
  traceId: undefined,
  isHttp: false,
});

type StampedRequest = Pick<Stamps, 'request' | 'requestId' | 'clientTraceId'>;
const noRequest: StampedRequest = { request: undefined, requestId: undefined, clientTraceId: undefined };

/** What stands for `request` where an event says nothing of it: the HTTP request that brought it. */
const stampRequest = ({ isHttp, requestId, address, traceId }: Receipt): StampedRequest => {
  if (!isHttp) return noRequest;
  const request = {
    id: requestId,
    ...(address === undefined ? {} : { ip_address: address }),
    ...(traceId ? { client_trace_id: traceId } : {}),
  };
  return { request: JSON.stringify(request), requestId, clientTraceId: traceId || undefined };
};

const stampEvent = (event: AuditEvent, world: ReceiveWorld, stamped: StampedRequest): Stamps => {
  const receivedAt = world.clock.tick();
  const { request, requestId, clientTraceId } =
    event.request === undefined
      ? stamped
      : {
          request: event.request ?? undefined,
          requestId: event.requestId,
          clientTraceId: event.clientTraceId,
        };
  return {
    id: event.id ?? world.newId(),
    occurredAt: event.occurredAt ?? receivedAt,
    request,
    requestId,
    clientTraceId,
    receivedAt,
  };
};

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
  if (notStored.size > 0)
    log('error', 'The stream did not take every pack', {
      reason,
      events: notStored.size,
      request_id: requestId,
    });
  return notStored;
};

/** The deadline leaves room for the answer within the function's timeout. */
const putDeadlineMs = 8000;

export const openReceive = (
  configuration: ConfigurationOf<'receive'>,
  kinesis: Pick<KinesisClient, 'send'>,
): ReceiveWorld => ({
  stream: new Stream(kinesis, {
    streamName: configuration.ANNALS_STREAM,
    buckets: configuration.ANNALS_BUCKETS,
    deadlineMs: putDeadlineMs,
    backoff: systemBackoff,
    nowMs: Date.now,
  }),
  buckets: configuration.ANNALS_BUCKETS,
  nowMs: Date.now,
  clock: receiverClock(Date.now, () => performance.now()),
  newId: v7,
  log,
});

let opened: ReturnType<typeof receive> | undefined;
export const handler: ReturnType<typeof receive> = (event, context) => {
  opened ??= receive(openReceive(readEnvironment('receive', process.env), new KinesisClient({})));
  return opened(event, context);
};
