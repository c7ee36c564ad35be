/** Pages of ListObjectsV2, in the order of UTF-8 keys. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ListObjectsV2CommandInput, ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { asNoObject } from './s3-errors.ts';

const maxPageKeys = 1000;

/** Lists the objects of the bucket in `folder`. */
export const listObjects = async (
  folder: string,
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
  for await (const key of keysBelow(folder, Prefix, after)) {
    if (Contents.length === limit) {
      isTruncated = true;
      break;
    }
    const file = await stat(join(folder, key), { bigint: true }).catch(asNoObject);
    if (file)
      Contents.push({
        Key: key,
        Size: Number(file.size),
        LastModified: new Date(Number(file.mtimeMs)),
        ETag: `"${file.ino}-${file.mtimeNs}"`,
      });
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

/**
 * The keys below a prefix and after a key, starting in the folder that the prefix names: what is beside it
 * costs nothing.
 */
export async function* keysBelow(root: string, prefix: string, after: string): AsyncGenerator<string> {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  if (folder === '' || folder.slice(0, -1).split('/').every(isPlainPart))
    yield* walk(root, folder, prefix, after);
}

/** Keys in the order of their UTF-8 bytes: a folder sorts as its name with the slash. */
async function* walk(root: string, folder: string, prefix: string, after: string): AsyncGenerator<string> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(asNoObject);
  if (!entries) return;
  const names = entries
    .map(entry => `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`)
    .filter(name => name.startsWith(prefix) || (name.endsWith('/') && prefix.startsWith(name)))
    .filter(name => compareKeys(name, after) > 0 || (name.endsWith('/') && after.startsWith(name)));
  for (const key of sortKeys(names)) {
    if (key.endsWith('/')) yield* walk(root, key, prefix, after);
    else yield key;
  }
}

/** Only from here on UTF-16 units sort differently from UTF-8. */
const high = /[\ud800-\uffff]/;

const compareKeys = (a: string, b: string): number => {
  if (high.test(a) || high.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
};

/**
 * A folder may hold many names, and sorting plain strings takes a tenth of the time of a comparison function.
 */
const sortKeys = (names: string[]): string[] =>
  names.some(name => high.test(name)) ? names.sort(compareKeys) : names.sort();
