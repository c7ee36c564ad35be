/**
 * A fold on disk, for reading. Its index is read from its end, and made from its objects if that is damaged.
 * What is then missing is told to `report`; the rest is served.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { crc32 } from 'node:zlib';
import {
  decodeDirectory,
  decodeHead,
  decodeSection,
  decodeTrailer,
  describeSection,
  type FoldedObject,
  type FoldHead,
  type FrameHead,
  folderOf,
  inSections,
  maxHeadBytes,
  nameOf,
  type Section,
  trailerBytes,
} from './fold-format.ts';
import { compareKeys } from './key-order.ts';

/** What is wrong with a fold; `objects` are those that can still be read. */
export type FoldDamage = { path: string; what: string; objects: readonly FoldedObject[] };
export type ReportDamage = (damage: FoldDamage) => Promise<void>;

/** What its content says, read from its beginning. */
type Scanned = { head: FoldHead | undefined; objects: FoldedObject[] };

/** An object whose bytes are not those that were folded. */
export class DamagedFold extends Error {
  constructor(path: string, { key, offset }: FoldedObject) {
    super(
      `The fold ${path} is damaged at byte ${offset}, within the object ${key}; restore the file from a copy`,
    );
    this.name = 'DamagedFold';
  }
}

export class FoldFile {
  readonly path: string;
  /** Of the file, in bytes. */
  readonly size: number;
  readonly head: FoldHead | undefined;
  readonly #report: ReportDamage;
  sections: Section[];
  /** What is missing; undefined if everything is there. */
  damage: string | undefined;
  /** If the index at the end is damaged. */
  #scanned: Promise<FoldedObject[]> | undefined;

  private constructor(
    { path, size }: { path: string; size: number },
    head: FoldHead | undefined,
    sections: Section[],
    report: ReportDamage,
  ) {
    this.path = path;
    this.size = size;
    this.head = head;
    this.sections = sections;
    this.#report = report;
  }

  get name(): string {
    return basename(this.path);
  }

  static async open(path: string, report: ReportDamage): Promise<FoldFile> {
    return within(path, async handle => {
      const { size } = await handle.stat();
      const head = headOf(decodeHead(await read(handle, 0, 16 + maxHeadBytes), 0, 0)?.head);
      const sections = await sectionsOf(handle, size);
      const file = new FoldFile({ path, size }, head, sections ?? [], report);
      if (!sections || !head) await file.#rescan();
      return file;
    });
  }

  /** The objects of a section, in the order of their keys. */
  async objectsOf(section: Section): Promise<FoldedObject[]> {
    if (!this.#scanned) {
      const { folder, offset, bytes, crc } = section;
      const text = await within(this.path, handle => read(handle, offset, bytes));
      if (text.length === bytes && crc32(text) === crc) return decodeSection(folder, text);
    }
    const objects = await this.#rescan();
    return objects.filter(
      ({ key }) =>
        folderOf(key) === section.folder &&
        compareKeys(nameOf(key), section.first) >= 0 &&
        compareKeys(nameOf(key), section.last) <= 0,
    );
  }

  /** Makes the index from the content; tells what is missing. */
  #rescan(): Promise<FoldedObject[]> {
    this.#scanned ??= (async () => {
      const { head, objects } = await within(this.path, scan);
      const isWhole = head !== undefined && objects.length === head.objects;
      if (!isWhole) this.damage = `it holds ${objects.length} objects instead of ${head?.objects ?? 'many'}`;
      if (this.sections.length === 0)
        this.sections = inSections(objects).map(some =>
          describeSection(some, { offset: 0, bytes: 0, crc: 0 }),
        );
      if (this.damage !== undefined) await this.#report({ path: this.path, what: this.damage, objects });
      return objects;
    })();
    return this.#scanned;
  }

  /** The stored bytes of an object, as they are; they may be damaged, like those of any file. */
  bytesOf({ offset, bytes }: FoldedObject): Promise<Buffer> {
    return within(this.path, handle => read(handle, offset, bytes));
  }

  /** The stored bytes of objects, one after another. Throws `DamagedFold` if some are damaged. */
  async *verified(objects: readonly FoldedObject[]): AsyncGenerator<{ object: FoldedObject; bytes: Buffer }> {
    const handle = await open(this.path, 'r');
    try {
      let chunk: Chunk = { base: 0, bytes: Buffer.alloc(0) };
      for (const object of objects) {
        const end = object.offset + object.bytes;
        if (object.offset < chunk.base || end > chunk.base + chunk.bytes.length) {
          const length = Math.max(object.bytes, readAheadBytes);
          chunk = { base: object.offset, bytes: await read(handle, object.offset, length) };
        }
        const bytes = chunk.bytes.subarray(object.offset - chunk.base, end - chunk.base);
        if (bytes.length < object.bytes || crc32(bytes) !== object.crc)
          throw new DamagedFold(this.path, object);
        yield { object, bytes };
      }
    } finally {
      await handle.close();
    }
  }
}

const readAheadBytes = 1024 * 1024;
/** What was read of the file from `base` on. */
type Chunk = { base: number; bytes: Buffer };

const within = async <T>(path: string, work: (handle: FileHandle) => Promise<T>): Promise<T> => {
  const handle = await open(path, 'r');
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
};

/** As many bytes as there are, up to `length`. */
const read = async (handle: FileHandle, offset: number, length: number): Promise<Buffer> => {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  for (;;) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
    filled += bytesRead;
    if (bytesRead === 0 || filled === length) return bytes.subarray(0, filled);
  }
};

const sectionsOf = async (handle: FileHandle, size: number): Promise<Section[] | undefined> => {
  if (size < trailerBytes) return undefined;
  const trailer = await read(handle, size - trailerBytes, trailerBytes);
  const place = decodeTrailer(trailer);
  if (!place || place.offset + place.bytes + trailerBytes !== size) return undefined;
  return decodeDirectory(await read(handle, place.offset, place.bytes), trailer);
};

const headOf = (head: unknown): FoldHead | undefined => {
  const { format, objects, replaces } = (head ?? {}) as Partial<FoldHead>;
  return format === 1 && Number.isInteger(objects) && Array.isArray(replaces)
    ? (head as FoldHead)
    : undefined;
};

/** The head and the objects, up to the first frame that is not whole or is not an object's. */
const scan = async (handle: FileHandle): Promise<Scanned> => {
  const { size } = await handle.stat();
  let head: FoldHead | undefined;
  const objects: FoldedObject[] = [];
  let chunk: Chunk = { base: 0, bytes: Buffer.alloc(0) };
  for (let at = 0; ; ) {
    let frame = decodeHead(chunk.bytes, at - chunk.base, chunk.base);
    if (!frame) {
      chunk = { base: at, bytes: await read(handle, at, readAheadBytes) };
      frame = decodeHead(chunk.bytes, 0, at);
    }
    if (!frame || frame.offset + frame.bytes > size) return { head, objects };
    if (at === 0) head = headOf(frame.head);
    else {
      const object = objectOf(frame);
      if (!object) return { head, objects };
      objects.push(object);
    }
    at = frame.offset + frame.bytes;
  }
};

const objectOf = ({ head, offset, bytes, crc }: FrameHead): FoldedObject | undefined => {
  const { key, etag, writtenMs } = head as Partial<FoldedObject>;
  return key === undefined || etag === undefined || writtenMs === undefined
    ? undefined
    : { key, etag, writtenMs, offset, bytes, crc };
};
