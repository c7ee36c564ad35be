/**
 * Packs the refused items of a request for the stream, beside the rows. Each item is kept if there is room;
 * archive files it aside.
 */
import type { RefusedBudget } from '#aws/state/refused-budget.ts';
import { bucketOf } from '#domain/archive/bucket.ts';
import type { Pack } from '#domain/archive/pack.ts';
import type { RefusedPiece, SentBody } from '#domain/archive/sort-body.ts';
import { maxRequestBytes } from '#domain/receive/limits.ts';
import {
  encodePart,
  itemKey,
  partsOf,
  partText,
  type RefusedFacts,
  type RefusedPart,
  sha256Hex,
} from '#domain/refused/item.ts';
import { encodeItemRecords } from '#domain/refused/item-record.ts';
import { scopeSha256 } from '#domain/refused/layout.ts';
import { itemType, readItem } from '#domain/refused/reading.ts';
import { chargedBytes, leastChargedBytes } from '#domain/refused/usage.ts';
import type { Instant } from '#domain/time.ts';

export type RefusedPacks = {
  packs: Pack[];
  /** For each pack, the indexes of its items among the pieces. */
  places: number[][];
  /** Bytes that each pack takes from the budget. */
  charges: number[];
  /** For each item, whether there is room for it. */
  isAdmitted: boolean[];
  isTooLarge: boolean[];
};

export const noRefusedPacks: RefusedPacks = {
  packs: [],
  places: [],
  charges: [],
  isAdmitted: [],
  isTooLarge: [],
};

/** For each item, whether it is kept: the stream must have taken every part of it. */
export const keptItems = (
  { places, isAdmitted, isTooLarge }: RefusedPacks,
  isTaken: (pack: number) => boolean,
): boolean[] => {
  const isKept = isAdmitted.map((isIn, place) => isIn && !isTooLarge[place]);
  places.forEach((items, pack) => {
    if (!isTaken(pack)) for (const place of items) isKept[place] = false;
  });
  return isKept;
};

type KeepingWorld = { budget?: Pick<RefusedBudget, 'admit'>; buckets: number };

/** The slices refer to `content`: the body after inflating, or as received if it cannot be inflated. */
export const packRefused = async (
  { budget, buckets }: KeepingWorld,
  delivery: SentBody,
  receivedAt: Instant,
  { content, isInflated, pieces }: { content: Buffer; isInflated: boolean; pieces: readonly RefusedPiece[] },
): Promise<RefusedPacks> => {
  const seen = new Map<string, number>();
  const items = pieces.map(piece => {
    const bytes = piece.slice ? content.subarray(piece.slice.start, piece.slice.end) : content;
    const sha256 = sha256Hex(bytes);
    const k = seen.get(sha256) ?? 0;
    seen.set(sha256, k + 1);
    const { facts, scopeId } = factsOf(delivery, piece, {
      key: itemKey(delivery.from, sha256, k),
      sha256,
      bytes,
      receivedAt,
      isInflated,
    });
    const isTooLarge = facts.too_large === true;
    const parts = partsOf(facts, isTooLarge ? Buffer.alloc(0) : bytes);
    const charges = parts.map(chargeOf);
    return { bucket: bucketOf(scopeId ?? facts.key, buckets), parts, charges, isTooLarge };
  });
  const sizes = items.map(({ charges }) => charges.reduce((sum, bytes) => sum + bytes, 0));
  const isAdmitted = (await budget?.admit(delivery.from, sizes)) ?? sizes.map(() => false);
  const packed: RefusedPacks = {
    packs: [],
    places: [],
    charges: [],
    isAdmitted,
    isTooLarge: items.map(({ isTooLarge }) => isTooLarge),
  };
  const byBucket = new Map<number, { part: RefusedPart; place: number; charge: number }[]>();
  items.forEach(({ bucket, parts, charges }, place) => {
    if (!isAdmitted[place]) return;
    const ofBucket = byBucket.get(bucket) ?? [];
    byBucket.set(bucket, ofBucket);
    parts.forEach((part, at) => {
      ofBucket.push({ part, place, charge: charges[at]! });
    });
  });
  for (const [bucket, ofBucket] of byBucket)
    for (const record of encodeItemRecords(ofBucket.map(({ part }) => part))) {
      const held = record.places.map(at => ofBucket[at]!);
      packed.packs.push({ bucket, data: record.data, isRefused: true });
      packed.places.push(held.map(({ place }) => place));
      packed.charges.push(held.reduce((sum, { charge }) => sum + charge, 0));
    }
  return packed;
};

/** Upper bound of what gzip adds to incompressible bytes. */
const gzipFrameBytes = 64;

/** Bytes that a part takes from the budget: its stored size, but at least the minimum. */
const chargeOf = (part: RefusedPart): number =>
  partText(part).length + gzipFrameBytes <= leastChargedBytes
    ? leastChargedBytes
    : chargedBytes(encodePart(part).length);

const tooLargeCodes: ReadonlySet<string> = new Set(['body_too_large', 'too_many_events']);
/** An item that is too large is not kept; only its sender, size and hash are. */
const isNotKept = (code: string, { length }: Buffer): boolean =>
  tooLargeCodes.has(code) || length > maxRequestBytes;

const maxTypeCharacters = 1024;

const factsOf = (
  { body, from, requestId, http, isStamping }: SentBody,
  { code, path, slice }: RefusedPiece,
  made: { key: string; sha256: string; bytes: Buffer; receivedAt: Instant; isInflated: boolean },
): { facts: RefusedFacts; scopeId: string | undefined } => {
  const { key, sha256, bytes, receivedAt, isInflated } = made;
  const isTooLarge = isNotKept(code, bytes);
  const isRead = isInflated && !isTooLarge;
  const { scopeId, occurredAt } = isRead ? readItem(bytes.toString(), body) : {};
  return {
    scopeId,
    facts: {
      key,
      sha256,
      code,
      path,
      sender: from,
      received_at: receivedAt,
      request_id: requestId,
      address: http?.address ?? null,
      content_type: (slice ? itemType(body) : body.contentType).slice(0, maxTypeCharacters),
      ...(scopeId === undefined ? {} : { scope_sha256: scopeSha256(scopeId) }),
      ...(occurredAt === undefined ? {} : { occurred_at: occurredAt }),
      bytes: bytes.length,
      ...(isInflated || body.contentEncoding === '' ? {} : { content_encoding: body.contentEncoding }),
      ...(body.cloudEventHeaders ? { cloud_event: body.cloudEventHeaders } : {}),
      ...(http?.traceId === undefined ? {} : { client_trace_id: http.traceId }),
      ...(isStamping ? {} : { stamp_request: false as const }),
      ...(isTooLarge ? { too_large: true as const } : {}),
    },
  };
};
