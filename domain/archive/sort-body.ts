/**
 * What becomes of each event of a request: a row for the stream, or a refusal, and what the sender is told of
 * it. Of each event only that is held while the next is read.
 */
import { hash } from 'node:crypto';
import type { Catalogue, Strictness } from '#domain/catalogue/catalogue.ts';
import { derivedId } from '#domain/derived-id.ts';
import type { AuditEvent } from '#domain/event/event.ts';
import { type AllowedScopes, scopeRefusal } from '#domain/receive/allowed-scopes.ts';
import {
  type BodyProblem,
  parseRequestBody,
  type RequestBody,
  type Rules,
  type Take,
} from '#domain/receive/body.ts';
import { type BodySlice, inflatedBytes } from '#domain/receive/body-text.ts';
import { type Accepted, printPath } from '#domain/receive/event-answer.ts';
import { type Import, idOfContent, importRefusal, markImported } from '#domain/receive/imported.ts';
import { maxAheadMs } from '#domain/receive/limits.ts';
import type { ReceiverClock } from '#domain/receive/receiver-clock.ts';
import { type BringingRequest, type Stamps, stampEvent, stampRequest } from '#domain/receive/stamps.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { bucketOf } from './bucket.ts';
import { encodePacks, type Pack } from './pack.ts';
import { encodeReceipt, encodeRow } from './row.ts';

/** A request as it came, and what it asks for. */
export type SentBody = {
  body: RequestBody;
  from: string;
  /** Of which scopes the sender may send events. */
  scopes?: AllowedScopes;
  requestId: string;
  /** Undefined if the events did not come over HTTP. */
  http: BringingRequest | undefined;
  /** Whether the request is stamped into the events that name none. */
  isStamping: boolean;
  /** Whether the sender stops sending once what is refused is kept. */
  isKeeping: boolean;
  /** If the operator imports events of the past. */
  imported?: Import;
};

/** What receives it. */
export type Receiver = {
  buckets: number;
  catalogue: Catalogue;
  /** What the catalogue refuses, beside what it warns of. */
  strictness: Strictness;
  nowMs(): number;
  clock: ReceiverClock;
  newId(): string;
};

/** Something that was refused; the whole body if there is no slice. */
export type RefusedPiece = { code: string; path: string; message: string; slice: BodySlice | undefined };
export type RejectedEvent = RefusedPiece & { index: number };

/** The rows of each bucket, and the place of each among the accepted events. */
type ByBucket = ReadonlyMap<number, { rows: string[]; places: number[] }>;

/** In the order sent. */
export type SortedBody = { accepted: Accepted[]; refused: RejectedEvent[]; byBucket: ByBucket };

export const sortBody = (sent: SentBody, receiver: Receiver): SortedBody | BodyProblem => {
  const { buckets, clock, newId } = receiver;
  const { body, from, requestId, http, isStamping, imported } = sent;
  const accepted: Accepted[] = [];
  const refused: RejectedEvent[] = [];
  const idOf = sent.isKeeping ? idsOfBody(sent) : undefined;
  const byBucket = new Map<number, { rows: string[]; places: number[] }>();
  const receipt = encodeReceipt(from, requestId, http?.address);
  const stampedRequest = stampRequest(isStamping ? http : undefined);
  const take: Take = (verdict, index) => {
    if (verdict.refusal) {
      const { refusal, slice } = verdict;
      refused.push({ index, ...refusal, path: printPath(refusal.path), slice });
      return;
    }
    const { isCatalogued } = verdict;
    const event = imported ? markImported(verdict.event, imported.source) : verdict.event;
    const deriveId = imported ? () => idOfContent(event) : idOf && (() => idOf(index));
    const derive = deriveId && event.occurredAt !== undefined ? deriveId : newId;
    const stamps = stampEvent(event, stampedRequest, clock.tick(), derive);
    const bucket = bucketOf(event.scopeId ?? event.targetId, buckets);
    const group = byBucket.get(bucket) ?? { rows: [], places: [] };
    byBucket.set(bucket, group);
    group.rows.push(encodeRow(event, stamps, receipt));
    group.places.push(accepted.length);
    accepted.push(acceptedOf(index, event, stamps, isCatalogued));
  };
  return parseRequestBody(body, rulesOf(receiver, sent), take) ?? { accepted, refused, byBucket };
};

/** Finding out what was meant takes longer the more actions there are, and nobody reads more. */
const maxHints = 10;

const rulesOf = ({ nowMs, catalogue, strictness }: Receiver, { imported, scopes }: SentBody): Rules => {
  let hints = 0;
  const mayHint = (): boolean => hints++ < maxHints;
  return {
    latest: imported?.asOf ?? instantOfMilliseconds(nowMs() + maxAheadMs),
    judge: event =>
      scopeRefusal(event, scopes) ??
      (imported && importRefusal(event)) ??
      catalogue.judge(event, strictness, mayHint),
  };
};

/** The same body sent again gives the same ids, for senders that retry until the answer is final. */
const idsOfBody = ({ body, from }: SentBody): ((index: number) => string) => {
  let sha256: string | undefined;
  return index => {
    sha256 ??= hash('sha256', inflatedBytes(body.bytes, body.contentEncoding)!);
    return derivedId('body', from, sha256, index);
  };
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

/**
 * The rows as packs, and the places of the rows of each pack among the accepted events. Packs of at most
 * `plainBytes` are not gzipped.
 */
export const packRows = (byBucket: ByBucket, plainBytes?: number): { packs: Pack[]; places: number[][] } => {
  const packs: Pack[] = [];
  const placesOf: number[][] = [];
  for (const [bucket, { rows, places }] of byBucket) {
    let first = 0;
    for (const pack of encodePacks(rows, plainBytes)) {
      packs.push({ bucket, data: pack.data });
      placesOf.push(places.slice(first, first + pack.rows));
      first += pack.rows;
    }
  }
  return { packs, places: placesOf };
};
