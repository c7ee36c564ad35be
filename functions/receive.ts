/**
 * `POST /v1/events`: takes events and answers once the stream has stored them on disk. Every event of the
 * body is accepted, rejected or not stored; the answer says which.
 */
import { v7 } from 'uuid';
import { type Kinesis, openKinesis, openS3, type S3 } from '#aws/clients.ts';
import { type ConfigurationOf, readEnvironment } from '#aws/environment.ts';
import { openState, openStream, requireConfigured } from '#aws/open.ts';
import { RefusedBudget } from '#aws/state/refused-budget.ts';
import type { Stream } from '#aws/stream.ts';
import { installedCatalogue } from '#catalogue/bundled.ts';
import {
  packRows,
  type Receiver,
  type RefusedPiece,
  type SentBody,
  type SortedBody,
  sortBody,
} from '#domain/archive/sort-body.ts';
import type { Catalogue } from '#domain/catalogue/catalogue.ts';
import type { MetricValues } from '#domain/metrics.ts';
import type { BodyProblem } from '#domain/receive/body.ts';
import { inflatedBytes } from '#domain/receive/body-text.ts';
import type { Accepted } from '#domain/receive/event-answer.ts';
import { receiverClock } from '#domain/receive/receiver-clock.ts';
import type { Answer } from '#functions/http/answer.ts';
import {
  type DirectEvent,
  directDelivery,
  httpDelivery,
  type Invocation,
  isDirect,
  type ReceiveEvent,
} from '#functions/http/delivery.ts';
import { answering } from '#functions/http/http-handler.ts';
import { keptItems, noRefusedPacks, packRefused, type RefusedPacks } from '#functions/http/keep-refused.ts';
import { answerBody, answerEvents } from '#functions/http/receive-answer.ts';
import { lambda } from '#functions/runtime/handler.ts';
import { errorFacts, type Log, log } from '#functions/runtime/log.ts';
import { gatherMetrics, logMetrics, type Metrics, type Pace } from '#functions/runtime/metrics.ts';

export type ReceiveWorld = Receiver & {
  stream: Stream;
  log: Log;
  metrics: Metrics;
  /** Packs of at most this many bytes are not gzipped; a billed unit of Kinesis unless it says otherwise. */
  plainPackBytes?: number;
  /** The budget for refused items. Without one, no refused item is kept. */
  budget?: Pick<RefusedBudget, 'admit' | 'add'>;
};

export const receive =
  (world: ReceiveWorld) =>
  async (event: ReceiveEvent | DirectEvent, context: Invocation): Promise<Answer> => {
    const delivery = isDirect(context)
      ? directDelivery(event as DirectEvent, context)
      : httpDelivery(event as ReceiveEvent);
    if ('statusCode' in delivery) return delivery;
    const sorted = sortBody(delivery, world);
    if ('status' in sorted) return refuseBody(world, delivery, sorted);
    const { accepted, refused, byBucket } = sorted;
    const pieces = refused.length === 0 ? noRefusedPacks : await packPieces(world, delivery, refused);

    // Metrics are counted once, when it is known what was stored. If the stream fails, everything counts as
    // not stored.
    let outcome: Outcome = { notStored: new Set(accepted.keys()), isKept: refused.map(() => false) };
    try {
      outcome = await store(world, delivery, byBucket, pieces);
    } finally {
      const counted = accepted.filter((_, place) => !outcome.notStored.has(place));
      world.metrics(countsOf(world, counted, outcome.notStored.size, outcome.isKept));
    }
    return answerEvents(delivery, { accepted, refused, ...outcome, isAdmitted: pieces.isAdmitted });
  };

/** Keeps a body that is refused as a whole, as one item. */
const refuseBody = async (world: ReceiveWorld, delivery: SentBody, refusal: BodyProblem): Promise<Answer> => {
  const { code, message } = refusal;
  // The body is empty, so there is nothing to keep.
  if (code === 'empty_request') return answerBody(delivery, refusal, undefined);
  const pieces = await packPieces(world, delivery, [{ code, path: '', message, slice: undefined }]);
  const { isKept } = await store(world, delivery, new Map(), pieces);
  world.metrics(countsOf(world, [], 0, isKept));
  return answerBody(delivery, refusal, {
    isKept: isKept[0]!,
    // The rest of a body that is too large would not be kept on a retry either.
    isToSendAgain: !isKept[0] && pieces.isAdmitted[0]! && !pieces.isTooLarge[0],
  });
};

const packPieces = (
  world: ReceiveWorld,
  delivery: SentBody,
  pieces: readonly RefusedPiece[],
): Promise<RefusedPacks> => {
  const { bytes, contentEncoding } = delivery.body;
  const inflated = inflatedBytes(bytes, contentEncoding);
  const content = inflated ?? (typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  return packRefused(world, delivery, world.clock.tick(), {
    content,
    isInflated: inflated !== undefined,
    pieces,
  });
};

const isMismatched = ({ warnings }: Accepted): boolean =>
  warnings?.some(({ code }) => code === 'payload_mismatch') ?? false;

const countsOf = (
  { budget }: ReceiveWorld,
  stored: readonly Accepted[],
  notStored: number,
  isKept: readonly boolean[],
): MetricValues => {
  const notKept = budget ? isKept.filter(is => !is).length : 0;
  return {
    AcceptedEvents: stored.length,
    RejectedEvents: isKept.length,
    UncataloguedEvents: stored.filter(({ catalogued }) => catalogued === false).length,
    MismatchedPayloads: stored.filter(isMismatched).length,
    ...(notStored > 0 ? { NotStoredEvents: notStored } : {}),
    ...(notKept > 0 ? { RefusedNotKept: notKept } : {}),
  };
};

/** Which accepted events the stream did not take, by index; and for each refused item whether it is kept. */
type Outcome = { notStored: Set<number>; isKept: boolean[] };

/** Puts the rows and the refused items on the stream. */
const store = async (
  { stream, budget, log, plainPackBytes }: ReceiveWorld,
  { from }: SentBody,
  byBucket: SortedBody['byBucket'],
  refused: RefusedPacks,
): Promise<Outcome> => {
  const { packs, places } = packRows(byBucket, plainPackBytes);
  const { positions, reason } = await stream.put([...packs, ...refused.packs]).catch(error => {
    if (packs.length > 0) throw error;
    // Accepted events do not depend on this: the sender learns why the body was refused, and that it is not
    // kept.
    log('error', 'The stream failed', errorFacts(error));
    return { positions: refused.packs.map(() => undefined), reason: undefined };
  });
  const notStored = new Set(places.flatMap((ofPack, at) => (positions[at] ? [] : ofPack)));
  const isKept = keptItems(refused, pack => positions[packs.length + pack] !== undefined);
  refused.charges.forEach((bytes, pack) => {
    if (positions[packs.length + pack]) budget?.add(from, bytes);
  });
  if (positions.includes(undefined)) {
    log('error', 'The stream did not take every pack', {
      reason,
      events: notStored.size,
      refused: isKept.filter(is => !is).length,
    });
  }
  return { notStored, isKept };
};

/** Leaves time for the answer within the function's timeout. */
const putDeadlineMs = 8000;

export const openReceive = (
  configuration: ConfigurationOf<'receive'>,
  { kinesis, s3 }: { kinesis: Kinesis; s3: S3 },
  catalogue: Catalogue,
): ReceiveWorld => ({
  stream: openStream(kinesis, configuration, putDeadlineMs),
  buckets: configuration.ANNALS_BUCKETS,
  catalogue,
  strictness: { isStrict: configuration.ANNALS_CATALOGUE_MODE === 'strict', isPayloadStrict: false },
  nowMs: Date.now,
  clock: receiverClock(Date.now, () => performance.now()),
  newId: v7,
  log,
  metrics: () => undefined,
  budget: new RefusedBudget({
    state: openState(s3, configuration),
    maxBytes: configuration.ANNALS_REFUSED_BYTES,
    nowMs: Date.now,
  }),
});

/**
 * An instance that is busy all the time writes a line a second, which costs about 3% of its memory's price.
 */
const pace: Pace = { burst: 60, everyMs: 1000, urgent: ['NotStoredEvents', 'RefusedNotKept'] };
/**
 * Holds the counts that this instance has not written yet. It survives if the world is opened again after a
 * failure.
 */
let metrics: Metrics | undefined;

const handle = lambda(async () => {
  const configuration = readEnvironment('receive', process.env);
  const clients = { kinesis: openKinesis(), s3: openS3() };
  await requireConfigured(clients.s3, configuration);
  metrics ??= gatherMetrics(logMetrics(configuration.ANNALS_INSTALLATION), pace, Date.now);
  return receive({ ...openReceive(configuration, clients, installedCatalogue), metrics });
});
const answer = answering(handle);

/** A service that invokes the function directly gets an error in Lambda's form. */
export const handler: typeof handle = (event, context) =>
  isDirect(context) ? handle(event, context) : answer(event, context);
