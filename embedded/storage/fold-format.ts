/**
 * The form of a fold: one file that holds many objects of a day, as the stand-in stored them.
 *
 *     frame*  the head of the fold, then each object, in the order of the keys
 *     frame*  sections of the index: the facts of up to a thousand objects of a folder each
 *     frame   the directory: where each section is, and which keys it holds
 *     trailer where the directory is
 *
 * A frame is the lengths of a head and a body, the CRC-32 of the body, the CRC-32 of all before and of the
 * head, the head as JSON, and the body. So each part is checked by itself, and the index can be made again
 * from the frames of the objects.
 */
import { crc32 } from 'node:zlib';

/** What a fold says of itself; `replaces` are the names of folds whose objects it holds instead of them. */
export type FoldHead = { format: 1; date: string; objects: number; replaces: string[] };

/** An object in a fold: its facts, and where its bytes are. `writtenMs` is since 1970. */
export type FoldedObject = {
  key: string;
  etag: string;
  writtenMs: number;
  /** Of the stored bytes. */
  offset: number;
  bytes: number;
  crc: number;
};

/** A run of the objects of a folder, whose names are from `first` to `last`. */
export type Section = {
  folder: string;
  first: string;
  last: string;
  objects: number;
  /** Of its text. */
  offset: number;
  bytes: number;
  crc: number;
};

const fixedBytes = 16;
const noBytes = Buffer.alloc(0);

/** What a frame has before its body. */
export const encodeHead = (head: object, body: Buffer = noBytes): Buffer => {
  const text = Buffer.from(JSON.stringify(head));
  const frame = Buffer.allocUnsafe(fixedBytes + text.length);
  frame.writeUInt32BE(text.length, 0);
  frame.writeUInt32BE(body.length, 4);
  frame.writeUInt32BE(crc32(body), 8);
  text.copy(frame, fixedBytes);
  frame.writeUInt32BE(crc32(text, crc32(frame.subarray(0, 12))), 12);
  return frame;
};

/** A key has at most 1,024 bytes, each up to six in JSON; the head of a fold names few others. */
export const maxHeadBytes = 64 * 1024;

/** What stands before a body: the head, the place of the body in the file, and its length and CRC-32. */
export type FrameHead = { head: unknown; offset: number; bytes: number; crc: number };

/** The head of a frame at `at` of `bytes`, which begin at `base` of the file; undefined if it is not whole. */
export const decodeHead = (bytes: Buffer, at: number, base: number): FrameHead | undefined => {
  if (at + fixedBytes > bytes.length) return undefined;
  const length = bytes.readUInt32BE(at);
  const end = at + fixedBytes + length;
  if (length > maxHeadBytes || end > bytes.length) return undefined;
  const text = bytes.subarray(at + fixedBytes, end);
  if (crc32(text, crc32(bytes.subarray(at, at + 12))) !== bytes.readUInt32BE(at + 12)) return undefined;
  return {
    head: JSON.parse(text.toString()),
    offset: base + end,
    bytes: bytes.readUInt32BE(at + 4),
    crc: bytes.readUInt32BE(at + 8),
  };
};

/** The head of an object's frame; its offset, length and CRC-32 are the frame's. */
export const objectHead = ({ key, etag, writtenMs }: Pick<FoldedObject, 'key' | 'etag' | 'writtenMs'>) => ({
  key,
  etag,
  writtenMs,
});

export const folderOf = (key: string): string => key.slice(0, key.lastIndexOf('/') + 1);
export const nameOf = (key: string): string => key.slice(key.lastIndexOf('/') + 1);

type Row = [name: string, etag: string, writtenMs: number, offset: number, bytes: number, crc: number];

const encodeSection = (objects: readonly FoldedObject[]): Buffer =>
  Buffer.from(
    JSON.stringify(
      objects.map(
        ({ key, etag, writtenMs, offset, bytes, crc }): Row => [
          nameOf(key),
          etag,
          writtenMs,
          offset,
          bytes,
          crc,
        ],
      ),
    ),
  );

export const decodeSection = (folder: string, body: Buffer): FoldedObject[] =>
  (JSON.parse(body.toString()) as Row[]).map(([name, etag, writtenMs, offset, bytes, crc]) => ({
    key: folder + name,
    etag,
    writtenMs,
    offset,
    bytes,
    crc,
  }));

const sectionObjects = 1000;

/** Divides objects, in the order of their keys, into those of one section each. */
export const inSections = (objects: readonly FoldedObject[]): FoldedObject[][] => {
  const sections: FoldedObject[][] = [];
  let folder: string | undefined;
  for (const object of objects) {
    const last = sections[sections.length - 1];
    if (last && folder === folderOf(object.key) && last.length < sectionObjects) last.push(object);
    else sections.push([object]);
    folder = folderOf(object.key);
  }
  return sections;
};

/** What the directory says of a section. */
export const describeSection = (
  objects: readonly FoldedObject[],
  text: Pick<Section, 'offset' | 'bytes' | 'crc'>,
): Section => {
  const [first, last] = [objects[0]!, objects[objects.length - 1]!];
  return {
    folder: folderOf(first.key),
    first: nameOf(first.key),
    last: nameOf(last.key),
    objects: objects.length,
    ...text,
  };
};

const mark = Buffer.from('annfold1');
export const trailerBytes = 8 + 4 + 4 + mark.length;

/** The index of the objects whose frames end at `end`: sections, directory and trailer. */
export const encodeIndex = (objects: readonly FoldedObject[], end: number): Buffer => {
  const pieces: Buffer[] = [];
  let at = end;
  const add = (body: Buffer): number => {
    const head = encodeHead({}, body);
    pieces.push(head, body);
    const offset = at + head.length;
    at = offset + body.length;
    return offset;
  };
  const directory = inSections(objects).map(section => {
    const body = encodeSection(section);
    return describeSection(section, { offset: add(body), bytes: body.length, crc: crc32(body) });
  });
  const body = Buffer.from(JSON.stringify(directory));
  const trailer = Buffer.alloc(trailerBytes);
  trailer.writeBigUInt64BE(BigInt(add(body)), 0);
  trailer.writeUInt32BE(body.length, 8);
  mark.copy(trailer, 16);
  trailer.writeUInt32BE(crc32(body, crc32(trailer.subarray(0, 12))), 12);
  return Buffer.concat([...pieces, trailer]);
};

/** Where the directory is, by a trailer; undefined if it is not one. */
export const decodeTrailer = (trailer: Buffer): { offset: number; bytes: number } | undefined =>
  trailer.length === trailerBytes && trailer.subarray(16).equals(mark)
    ? { offset: Number(trailer.readBigUInt64BE(0)), bytes: trailer.readUInt32BE(8) }
    : undefined;

/** The sections by the text of the directory; undefined if the trailer says that it is damaged. */
export const decodeDirectory = (body: Buffer, trailer: Buffer): Section[] | undefined =>
  crc32(body, crc32(trailer.subarray(0, 12))) === trailer.readUInt32BE(12)
    ? (JSON.parse(body.toString()) as Section[])
    : undefined;
