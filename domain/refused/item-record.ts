/**
 * Refused items as records of the stream: one or more items that share a bucket, gzipped together, as a pack
 * holds many rows. Otherwise ten thousand empty objects, which fit into 30 KB, would be as many records. A
 * part of a larger item is a record of its own. A record of one part is what versions before 0.2 wrote, and
 * stays readable.
 */
import { gzipSync } from 'node:zlib';
import { packGzipLevel } from '#domain/archive/pack.ts';
import { inflateParts, maxHeaderBytes, maxPartBytes, partText, type RefusedPart, readPart } from './item.ts';

/** archive files the items of a record in one run, so their number is limited as well as their bytes. */
export const maxItemsInRecord = 500;
const maxTextBytes = maxPartBytes + maxHeaderBytes;

/** The indexes of the parts among those that were given, ascending. */
export type ItemRecord = { data: Buffer; places: number[] };

/** The parts of the items of one bucket as records, in their order. */
export const encodeItemRecords = (parts: readonly RefusedPart[]): ItemRecord[] => {
  const records: ItemRecord[] = [];
  let texts: Buffer[] = [];
  let bytes = 0;
  const end = (next: number): void => {
    if (texts.length === 0) return;
    const places = texts.map((_, i) => next - texts.length + i);
    records.push({ data: gzipSync(Buffer.concat(texts), { level: packGzipLevel }), places });
    texts = [];
    bytes = 0;
  };
  parts.forEach((part, at) => {
    const text = partText(part);
    const isAlone = part.header.parts > 1;
    if (isAlone || texts.length === maxItemsInRecord || bytes + text.length > maxTextBytes) end(at);
    texts.push(text);
    bytes += text.length;
    if (isAlone) end(at + 1);
  });
  end(parts.length);
  return records;
};

/** The parts of a record in their order, at least one; or what is wrong with the whole record. */
export const decodeItemRecord = (data: Buffer): RefusedPart[] | { fault: string } => {
  const text = inflateParts(data);
  if ('fault' in text) return text;
  const parts: RefusedPart[] = [];
  for (let at = 0; at < text.length || parts.length === 0; ) {
    const read = readPart(text, at);
    if ('fault' in read) return read;
    parts.push(read.part);
    at = read.end;
  }
  const isMixed = parts.length > 1 && parts.some(({ header }) => header.parts > 1);
  return isMixed ? { fault: 'A part of a refused item is not in a record of its own' } : parts;
};
