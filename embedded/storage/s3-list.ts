/** Pages of ListObjectsV2, in the order of UTF-8 keys, from files and folds. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ListObjectsV2CommandInput, ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { type BucketFiles, factsOfFolded } from './bucket-files.ts';
import type { FoldedObject } from './fold-format.ts';
import type { KeyRange } from './folds.ts';
import { compareKeys, sortKeys } from './key-order.ts';
import { asNoObject } from './s3-errors.ts';
import type { ObjectFacts } from './stored-object.ts';

const maxPageKeys = 1000;

/** Lists the objects of a bucket. */
export const listObjects = async (
  files: BucketFiles,
  {
    Prefix = '',
    StartAfter,
    ContinuationToken,
    MaxKeys = maxPageKeys,
  }: Omit<ListObjectsV2CommandInput, 'Bucket'>,
): Promise<ListObjectsV2CommandOutput> => {
  const after =
    ContinuationToken === undefined
      ? (StartAfter ?? '')
      : Buffer.from(ContinuationToken, 'base64url').toString();
  const limit = Math.min(MaxKeys, maxPageKeys);
  const Contents: { Key: string; Size: number; LastModified: Date; ETag: string }[] = [];
  let isTruncated = false;
  for await (const { key, folded } of keysBelow(files, Prefix, after)) {
    if (Contents.length === limit) {
      isTruncated = true;
      break;
    }
    const facts = folded ?? (await files.facts(key));
    if (facts)
      Contents.push({ Key: key, Size: facts.bytes, LastModified: facts.writtenAt, ETag: facts.etag });
  }
  const last = Contents[Contents.length - 1];
  return {
    $metadata: { httpStatusCode: 200 },
    Contents,
    KeyCount: Contents.length,
    IsTruncated: isTruncated,
    ...(isTruncated && last ? { NextContinuationToken: Buffer.from(last.Key).toString('base64url') } : {}),
  };
};

/** A part of a key that is the name of a file or a folder, and nothing else. */
export const isPlainPart = (part: string): boolean =>
  part !== '' && part !== '.' && part !== '..' && Buffer.byteLength(part) <= 255 && !/[\\\u0000]/.test(part);

/** A key, with what is known of its object if that is in a fold. */
type Listed = { key: string; folded: ObjectFacts | undefined };

/**
 * The keys below a prefix and after a key, starting in the folder that the prefix names: what is beside it
 * costs nothing.
 */
export async function* keysBelow(files: BucketFiles, prefix: string, after: string): AsyncGenerator<Listed> {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  if (folder === '' || folder.slice(0, -1).split('/').every(isPlainPart))
    yield* walk(files, folder, { prefix, after });
}

/** Keys in the order of their UTF-8 bytes: a folder sorts as its name with the slash. */
async function* walk(files: BucketFiles, folder: string, range: KeyRange): AsyncGenerator<Listed> {
  const { prefix, after } = range;
  // Files before folds: what is folded in between is in a fold, and maybe in both.
  const entries =
    (await readdir(join(files.folder, folder), { withFileTypes: true }).catch(asNoObject)) ?? [];
  const names = new Set(entries.map(entry => `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`));
  for (const below of await files.folds.foldersIn(folder, range)) names.add(below);
  const wanted = [...names]
    .filter(name => name.startsWith(prefix) || (name.endsWith('/') && prefix.startsWith(name)))
    .filter(name => compareKeys(name, after) > 0 || (name.endsWith('/') && after.startsWith(name)));
  const folded = files.folds.objectsIn(folder, range);
  let next = await folded.next();
  for (const name of sortKeys(wanted)) {
    let isFolded = false;
    for (; !next.done && compareKeys(next.value.key, name) <= 0; next = await folded.next()) {
      isFolded ||= next.value.key === name;
      yield listed(next.value);
    }
    if (name.endsWith('/')) yield* walk(files, name, range);
    else if (!isFolded) yield { key: name, folded: undefined };
  }
  for (; !next.done; next = await folded.next()) yield listed(next.value);
}

const listed = (object: FoldedObject): Listed => ({ key: object.key, folded: factsOfFolded(object) });
