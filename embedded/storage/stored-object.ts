/** What is stored under a key, as a reader sees it, wherever its bytes are; and the file of its own. */
import type { BigIntStats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { ByteRange } from './byte-range.ts';
import { asNoObject } from './s3-errors.ts';

/** An ETag names the file in which the object was written, and not its content. */
export type ObjectFacts = { etag: string; bytes: number; writtenAt: Date };

export type OpenObject = ObjectFacts & {
  /** Its bytes, or a part of them; called once, instead of `close`. */
  read(range: ByteRange | undefined): Readable;
  close(): Promise<void>;
};

const factsOf = (file: BigIntStats): ObjectFacts => ({
  etag: `"${file.ino}-${file.mtimeNs}"`,
  bytes: Number(file.size),
  writtenAt: new Date(Number(file.mtimeMs)),
});

/** Undefined if the path is not that of an object. */
export const factsOfFile = async (path: string): Promise<ObjectFacts | undefined> => {
  const file = await stat(path, { bigint: true }).catch(asNoObject);
  return file?.isFile() ? factsOf(file) : undefined;
};

const readAtOnceBytes = 1024 * 1024;

/** Opens the file of an object: what it says and its bytes are of one version. Undefined if there is none. */
export const openFile = async (path: string): Promise<OpenObject | undefined> => {
  const handle = await open(path, 'r').catch(asNoObject);
  if (!handle) return undefined;
  try {
    const file = await handle.stat({ bigint: true });
    if (file.isFile()) {
      const facts = factsOf(file);
      return {
        ...facts,
        read: ({ first, last } = { first: 0, last: facts.bytes - 1 }) =>
          // An empty file has no last byte to name.
          handle.createReadStream({
            // A stream takes a buffer of this size for each read, and most objects are small.
            highWaterMark: Math.max(1, Math.min(readAtOnceBytes, last - first + 1)),
            ...(last >= first && { start: first, end: last }),
          }),
        close: () => handle.close(),
      };
    }
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
};
