/**
 * Writes a fold under a temporary name, and reads it back: nothing is given up for a fold that was not read.
 */
import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { FoldFile } from './fold-file.ts';
import { encodeHead, encodeIndex, type FoldedObject, type FoldHead, objectHead } from './fold-format.ts';

/** An object to be folded, and how to read it. */
export type FoldSource = { key: string; read(): Promise<SourceObject | undefined> };
export type SourceObject = Pick<FoldedObject, 'etag' | 'writtenMs'> & { content: Buffer };

/** The file, and the SHA-256 of each object that was written into it. */
export type WrittenFold = { path: string; objects: FoldedObject[]; sha256: Buffer[] };

const bufferedBytes = 1024 * 1024;

/**
 * Writes and syncs a fold of all sources, which are in the order of their keys; `head.objects` is their number.
 * Returns undefined if one is gone by now.
 */
export const writeFold = async (
  temporary: string,
  head: FoldHead,
  sources: readonly FoldSource[],
): Promise<WrittenFold | undefined> => {
  const path = join(temporary, randomUUID());
  const handle = await open(path, 'wx', 0o600);
  let isWhole = false;
  try {
    const out = new Output(handle);
    await out.write(encodeHead(head));
    const objects: FoldedObject[] = [];
    const sha256: Buffer[] = [];
    for (const { key, read } of sources) {
      const source = await read();
      if (!source) return undefined;
      const { etag, writtenMs, content } = source;
      await out.write(encodeHead(objectHead({ key, etag, writtenMs }), content));
      objects.push({ key, etag, writtenMs, offset: out.end, bytes: content.length, crc: crc32(content) });
      sha256.push(sha256Of(content));
      await out.write(content);
    }
    await out.write(encodeIndex(objects, out.end));
    await out.flush();
    await handle.sync();
    isWhole = true;
    return { path, objects, sha256 };
  } finally {
    await handle.close();
    // The rest of a failed write must not fill a full disk further.
    if (!isWhole) await rm(path, { force: true });
  }
};

/** Throws if the fold does not give each object as it was written. */
export const verifyFold = async ({ path, objects, sha256 }: WrittenFold): Promise<void> => {
  const differs = (what: string): Error =>
    new Error(`The fold ${path} was not read back as written: ${what}`);
  const fold = await FoldFile.open(path, async ({ what }) => {
    throw differs(what);
  });
  let at = 0;
  for (const section of fold.sections) {
    for await (const { object, bytes } of fold.verified(await fold.objectsOf(section))) {
      const isSame =
        JSON.stringify(object) === JSON.stringify(objects[at]) && sha256Of(bytes).equals(sha256[at]!);
      if (!isSame) throw differs(object.key);
      at++;
    }
  }
  if (at !== objects.length) throw differs(`${at} objects instead of ${objects.length}`);
};

const sha256Of = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

class Output {
  /** How long the file is with all that was given. */
  end = 0;
  readonly #handle: FileHandle;
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(piece: Buffer): Promise<void> {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    this.end += piece.length;
    if (this.#bytes >= bufferedBytes) await this.flush();
  }

  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    await this.#handle.appendFile(bytes);
  }
}
