/**
 * Resends a refused item, unchanged or mended, under the rules for every event: a resend accepts nothing that
 * receive refuses. The ids of its events are derived from the item, so a second resend is a duplicate. The
 * item ends once the stream has taken its events; after a crash before that, it is still open and can be
 * resent.
 */
import type { RefusedItems, StoredItem } from '#aws/state/refused-items.ts';
import type { Stream } from '#aws/stream.ts';
import { type Caller, printIdentity } from '#domain/access/caller.ts';
import { printActor } from '#domain/access/principal.ts';
import { bucketOf } from '#domain/archive/bucket.ts';
import { encodePacks, type Pack } from '#domain/archive/pack.ts';
import { encodeReceipt, encodeRow } from '#domain/archive/row.ts';
import type { Catalogue, Strictness } from '#domain/catalogue/catalogue.ts';
import { derivedId } from '#domain/derived-id.ts';
import type { AuditEvent } from '#domain/event/event.ts';
import { parseRequestBody } from '#domain/receive/body.ts';
import { printPath } from '#domain/receive/event-answer.ts';
import { maxAheadMs } from '#domain/receive/limits.ts';
import { type Stamps, stampEvent, stampRequest } from '#domain/receive/stamps.ts';
import { type RefusedFacts, sha256Hex } from '#domain/refused/item.ts';
import type { RefusedRecord } from '#domain/refused/record.ts';
import type { ResendRequest } from '#domain/refused/request.ts';
import { type Instant, instantOfMilliseconds } from '#domain/time.ts';
import type { Log } from '#functions/runtime/log.ts';
import { type Answer, json, problem } from './answer.ts';

export type ResendWorld = {
  refused: RefusedItems;
  buckets: number;
  stream: Pick<Stream, 'putAll'>;
  catalogue: Catalogue;
  strictness: Strictness;
  nowMs(): number;
  log: Log;
};

/** What the log records of the resend, before it is done. */
export type ResendRecord = {
  reason: string | null;
  sha256_before: string;
  sha256_after: string;
  events: string[];
};

export type Resend = {
  item: StoredItem;
  request: ResendRequest;
  caller: Caller;
  requestId: string;
  record(scopeId: string | undefined, payload: ResendRecord): Promise<void>;
};

export const resendRefused = async (world: ResendWorld, resend: Resend): Promise<Answer> => {
  const { item, request, caller } = resend;
  const { record } = item;
  if (record.end && record.end.how !== 'resent')
    return problem(
      'refused_ended',
      `The item was ${record.end.how} by ${printActor(record.end.by)}, at ${record.end.at}`,
    );
  const { facts, bytes } = await world.refused.read(record);
  const mended = mendOf(request);
  const content = mended ?? bytes;
  if (!content)
    return problem(
      'not_resendable',
      'The bytes of the item are not kept, or not all of them; send a mended item',
    );
  const events = eventsOf(world, content, mended ? undefined : facts?.content_encoding, facts);
  if ('statusCode' in events) return events;
  const stamped = events.map((event, index) => ({
    event,
    index,
    stamps: stampsOf(world, { record, facts }, event, index),
  }));
  await resend.record(events[0]!.scopeId, {
    reason: request.reason ?? null,
    sha256_before: record.sha256,
    sha256_after: sha256Hex(content),
    events: stamped.map(({ stamps }) => stamps.id),
  });
  const receipt = encodeReceipt(caller.principal, resend.requestId, facts?.address ?? undefined);
  const packs = stamped.flatMap(({ event, stamps }): Pack[] => {
    const bucket = bucketOf(event.scopeId ?? event.targetId, world.buckets);
    return encodePacks([encodeRow(event, stamps, receipt)]).map(({ data }) => ({ bucket, data }));
  });
  // If the stream does not take everything, the item stays unchanged; the router answers that a retry resends
  // it.
  await world.stream.putAll(packs);
  const ended = await world.refused.end(record.key, {
    how: 'resent',
    at: instantOfMilliseconds(world.nowMs()),
    by: printIdentity(caller),
    reason: request.reason ?? null,
  });
  return json<'RefusedResent'>(200, {
    key: record.key,
    events: stamped.map(({ index, stamps }) => ({ index, id: stamps.id, occurred_at: stamps.occurredAt })),
    mended: mended !== undefined,
    end: ended?.end ?? null,
  });
};

const mendOf = ({ mended, mended_base64 }: ResendRequest): Buffer | undefined => {
  if (mended !== undefined) return Buffer.from(mended);
  return mended_base64 === undefined ? undefined : Buffer.from(mended_base64, 'base64');
};

/** All events of the item, or the answer if one is refused: an item is resent as a whole. */
const eventsOf = (
  { nowMs, catalogue, strictness }: ResendWorld,
  bytes: Buffer,
  contentEncoding: string | undefined,
  facts: RefusedFacts | undefined,
): AuditEvent[] | Answer => {
  const body = {
    bytes,
    contentType: facts?.content_type ?? '',
    contentEncoding: contentEncoding ?? '',
    cloudEventHeaders: facts?.cloud_event,
  };
  const events: AuditEvent[] = [];
  const rejected: object[] = [];
  const rules = {
    latest: instantOfMilliseconds(nowMs() + maxAheadMs),
    judge: (event: AuditEvent) => catalogue.judge(event, strictness),
  };
  const unread = parseRequestBody(body, rules, ({ event, refusal }, index) => {
    if (event) events.push(event);
    else rejected.push({ index, ...refusal, path: printPath(refusal.path) });
  });
  if (unread) return refusedAgain([{ index: null, code: unread.code, path: '', message: unread.message }]);
  return rejected.length === 0 ? events : refusedAgain(rejected);
};

const maxTold = 100;

const refusedAgain = (rejected: object[]): Answer =>
  problem(
    'refused_again',
    'The item is refused again, so nothing was sent; see "rejected", and send a mended item',
    {
      rejected: rejected.slice(0, maxTold),
    },
  );

/** An event without a request or a time of its own gets those of the item. */
const stampsOf = (
  { nowMs }: ResendWorld,
  { record, facts }: { record: RefusedRecord; facts: RefusedFacts | undefined },
  event: AuditEvent,
  index: number,
): Stamps => {
  const bringing =
    facts && facts.stamp_request !== false
      ? { id: facts.request_id, address: facts.address ?? undefined, traceId: facts.client_trace_id }
      : undefined;
  const now: Instant = instantOfMilliseconds(nowMs());
  const stamps = stampEvent(event, stampRequest(bringing), now, () =>
    derivedId('refused', record.key, index),
  );
  return { ...stamps, occurredAt: event.occurredAt ?? facts?.received_at ?? record.filed_at };
};
