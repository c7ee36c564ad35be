/**
 * Files of objects for a reader of files, such as DuckDB. Objects in folds are copied, many into one file,
 * below a folder of their own, which lives until it is released.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fewAtOnce } from '#aws/few-at-once.ts';
import type { BucketFiles } from './bucket-files.ts';
import type { FoldFile } from './fold-file.ts';
import { type FoldedObject, folderOf } from './fold-format.ts';
import { foldedDateOf } from './folds.ts';

/** See `EmbeddedS3.pathsOf`. */
export type ReadableFiles = { paths: string[]; release(): Promise<void> };

/** A reader with several threads reads several files at once; one file for each object would cost an open. */
const copiedBytes = 8 * 1024 * 1024;

/** Each holds its bytes in memory. */
const copiesAtOnce = 4;

/** What is copied into one file: objects of one fold and one folder. */
type Copy = { fold: FoldFile; objects: FoldedObject[]; bytes: number };

export const readableFiles = async (
  files: BucketFiles,
  temporary: string,
  keys: readonly string[],
): Promise<ReadableFiles> => {
  // First, so that no file is deleted that is not found in a fold.
  const endUse = files.use(new Set(keys.flatMap(key => foldedDateOf(key) ?? [])));
  const scratch = join(temporary, `folded-${randomUUID()}`);
  const release = async (): Promise<void> => {
    endUse();
    await rm(scratch, { recursive: true, force: true });
  };
  try {
    const own = new Set(keys);
    const copies: Copy[] = [];
    for (const folder of new Set(keys.map(folderOf)))
      for await (const { fold, object } of files.folds.allIn(folder))
        if (own.delete(object.key)) addTo(copies, fold, object);
    const copied = await fewAtOnce(copies, copy => write(scratch, copy), copiesAtOnce);
    return { paths: [...[...own].map(key => files.pathOf(key)), ...copied], release };
  } catch (error) {
    await release();
    throw error;
  }
};

/** Objects come fold by fold and folder by folder. */
const addTo = (copies: Copy[], fold: FoldFile, object: FoldedObject): void => {
  const last = copies[copies.length - 1];
  const isNext = last?.fold === fold && folderOf(last.objects[0]!.key) === folderOf(object.key);
  if (last && isNext && last.bytes + object.bytes <= copiedBytes) {
    last.objects.push(object);
    last.bytes += object.bytes;
  } else copies.push({ fold, objects: [object], bytes: object.bytes });
};

/** The file has the folders of the keys, and the name of the first. Not synced: it can be made again. */
const write = async (scratch: string, { fold, objects }: Copy): Promise<string> => {
  const [first] = objects as [FoldedObject];
  // Of two folds after a crash both may hold the first: each has a folder of its own.
  const folder = join(scratch, basename(fold.path), dirname(first.key));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, basename(first.key));
  const pieces: Buffer[] = [];
  const sorted = [...objects].sort((a, b) => a.offset - b.offset);
  for await (const { bytes } of fold.verified(sorted)) pieces.push(bytes);
  await writeFile(path, Buffer.concat(pieces), { flag: 'wx', mode: 0o600 });
  return path;
};
