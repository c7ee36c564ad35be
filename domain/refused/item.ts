/**
 * A refused item: something that was sent as one event and refused, or a whole body that cannot be divided
 * into events. It is kept in parts of at most 512 KiB, each a line of JSON that describes it, and the bytes
 * as they came, gzipped together. See item-record.ts for how parts go through the stream.
 */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { packGzipLevel } from '#domain/archive/pack.ts';
import { refusalCodes } from '#domain/event/refusal.ts';
import { type Instant, isInstant } from '#domain/time.ts';

/** The bytes of an item in one part. What cannot be compressed must fit into a record of the stream. */
export const maxPartBytes = 512 * 1024;
/** More than the line of a part takes. */
export const maxHeaderBytes = 128 * 1024;
const maxParts = 16;
const newline = 0x0a;

/** Why a body is refused as a whole, for those reasons of which something is kept. */
export const bodyCodes = [
  'invalid_json',
  'invalid_gzip',
  'invalid_deflate',
  'unsupported_encoding',
  'body_too_large',
  'too_many_events',
] as const;
export const refusedCodes: readonly string[] = [
  ...new Set([...Object.keys(refusalCodes), ...bodyCodes]),
].sort();

/** What is said about an item besides its bytes; the same in each of its parts. */
export type RefusedFacts = {
  /** See `itemKey`. */
  key: string;
  /** SHA-256 of the bytes, in hex. */
  sha256: string;
  code: string;
  path: string;
  sender: string;
  received_at: Instant;
  request_id: string;
  address: string | null;
  /** The content type by which the bytes of the item are read again. */
  content_type: string;
  /** The hash of its scope's id, in hex, if that could be read. */
  scope_sha256?: string | undefined;
  /** If it could be read. */
  occurred_at?: Instant | undefined;
  bytes: number;
  /** Absent if there is none, or if the bytes are inflated. */
  content_encoding?: string | undefined;
  /** The attributes of a CloudEvent in binary mode. */
  cloud_event?: Readonly<Record<string, string>> | undefined;
  client_trace_id?: string | undefined;
  /** False: the request was not to be stamped into the event. */
  stamp_request?: false | undefined;
  /** True: it was too large, and its bytes were not kept. */
  too_large?: true | undefined;
};

/** `part` counts from 1. */
export type RefusedHeader = RefusedFacts & { part: number; parts: number };

/** The same bytes from the same sender are the same item; of equal ones in a request, the k-th, from 0. */
export const itemKey = (sender: string, sha256: string, k: number): string =>
  sha256Hex(JSON.stringify([sender, sha256, k]));

export const sha256Hex = (content: Buffer | string): string =>
  createHash('sha256').update(content).digest('hex');

export type RefusedPart = { header: RefusedHeader; content: Buffer };

/** The parts of an item, in order; an empty item has one. */
export const partsOf = (facts: RefusedFacts, content: Buffer): RefusedPart[] => {
  const parts = Math.max(1, Math.ceil(content.length / maxPartBytes));
  return Array.from({ length: parts }, (_, at) => ({
    header: { ...facts, part: at + 1, parts },
    content: content.subarray(at * maxPartBytes, (at + 1) * maxPartBytes),
  }));
};

/** A part before compression. */
export const partText = ({ header, content }: RefusedPart): Buffer =>
  Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), content]);

/** A part as it is stored. */
export const encodePart = (part: RefusedPart): Buffer => gzipSync(partText(part), { level: packGzipLevel });

/** The inflated text; or what is wrong with it. */
export const inflateParts = (data: Buffer): Buffer | { fault: string } => {
  try {
    return gunzipSync(data, { maxOutputLength: maxPartBytes + maxHeaderBytes });
  } catch {
    return { fault: 'The part of a refused item is not whole gzip data, or is too large' };
  }
};

/** A stored part; or what is wrong with it. */
export const decodePart = (data: Buffer): RefusedPart | { fault: string } => {
  const text = inflateParts(data);
  if ('fault' in text) return text;
  const read = readPart(text, 0);
  if ('fault' in read) return read;
  return read.end === text.length ? read.part : { fault: 'More than one refused item is in its place' };
};

/** The part that begins at a place of a text, and its end; or what is wrong with it. */
export const readPart = (
  text: Buffer,
  at: number,
): { part: RefusedPart; end: number } | { fault: string } => {
  const line = text.indexOf(newline, at);
  const header = line < 0 ? undefined : readHeader(text.subarray(at, line));
  if (!header) return { fault: 'The part of a refused item does not say what it is' };
  const start = line + 1;
  // In an item of many parts, each is the last of its text.
  const end = header.parts > 1 ? text.length : header.too_large ? start : start + header.bytes;
  const content = text.subarray(start, end);
  const isWhole = header.parts > 1 || header.too_large || sha256Hex(content) === header.sha256;
  return isWhole
    ? { part: { header, content }, end }
    : { fault: 'The refused item is not the one that its hash says' };
};

const sha256Grammar = /^[0-9a-f]{64}$/;
const isSha256 = (value: unknown): boolean => typeof value === 'string' && sha256Grammar.test(value);
/** Whether a text can be the key of an item; a text from outside must not name a path. */
export const isItemKey = (text: string): boolean => isSha256(text);

const readHeader = (line: Buffer): RefusedHeader | undefined => {
  let header: Partial<RefusedHeader> | null;
  try {
    header = JSON.parse(line.toString()) as Partial<RefusedHeader> | null;
  } catch {
    return undefined;
  }
  if (typeof header !== 'object' || header === null) return undefined;
  const { key, sha256, part, parts, bytes, received_at, scope_sha256, occurred_at } = header;
  const texts = [header.code, header.path, header.sender, header.request_id, header.content_type];
  const isWhole =
    isSha256(key) &&
    isSha256(sha256) &&
    isBetween(parts, 1, maxParts) &&
    isBetween(part, 1, parts!) &&
    isBetween(bytes, 0, Number.MAX_SAFE_INTEGER) &&
    typeof received_at === 'string' &&
    isInstant(received_at) &&
    texts.every(text => typeof text === 'string') &&
    (scope_sha256 === undefined || isSha256(scope_sha256)) &&
    (occurred_at === undefined || (typeof occurred_at === 'string' && isInstant(occurred_at)));
  return isWhole ? (header as RefusedHeader) : undefined;
};

const isBetween = (value: number | undefined, least: number, most: number): boolean =>
  Number.isInteger(value) && value! >= least && value! <= most;
