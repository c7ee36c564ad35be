import { createHash } from 'node:crypto';
import { readdir, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, openBuckets } from '#test/support/world.ts';

const put = (Key: string, Body = 'x', more: object = {}) =>
  new PutObjectCommand({ Bucket: 'state', Key, Body: Buffer.from(Body), ...more });

describe('the embedded buckets', () => {
  it('let one of twenty writers win a free key', async () => {
    const { client } = await openBuckets();
    const writes = Array.from({ length: 20 }, (_, i) =>
      client.send(put('k', String(i), { IfNoneMatch: '*' })).then(
        () => true,
        error => (error as { $metadata: { httpStatusCode: number } }).$metadata.httpStatusCode,
      ),
    );
    const results = await Promise.all(writes);
    expect(results.filter(result => result === true)).toHaveLength(1);
    expect(results.filter(result => result === 412)).toHaveLength(19);
  });

  it('let one of twenty writers replace a version', async () => {
    const { state } = await openBuckets();
    await state.create('k', Buffer.from('0'));
    const { etag } = (await state.get('k'))!;
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => state.replace('k', Buffer.from(String(i)), etag)),
    );
    expect(results.filter(Boolean)).toHaveLength(1);
  });

  it('create an object although its empty folder is removed, and removed again', async () => {
    const { ledger, s3 } = await openBuckets();
    let isDone = false;
    const removeTimes = async (times: number, folder: string): Promise<void> => {
      for (let left = times; left > 0 && !isDone; ) {
        const isRemoved = await rmdir(folder).then(
          () => true,
          () => false,
        );
        if (isRemoved) left--;
      }
    };
    const folders = Array.from({ length: 50 }, (_, n) => `events/date=${n}`);
    for (const folder of folders) {
      isDone = false;
      const removing = removeTimes(5, join(s3.pathOf('ledger', `${folder}/x`), '..'));
      await ledger.create(`${folder}/x`, Buffer.from(folder)).finally(() => {
        isDone = true;
      });
      await removing;
    }
    expect(await collect(ledger.list('events/'))).toHaveLength(folders.length);
  });

  it('verify a checksum', async () => {
    const { client, state } = await openBuckets();
    const ChecksumSHA256 = createHash('sha256').update('other').digest('base64');
    await expect(client.send(put('k', 'x', { ChecksumSHA256 }))).rejects.toMatchObject({ name: 'BadDigest' });
    expect(await state.get('k')).toBeUndefined();
  });

  it.each([
    '../escape',
    'a/../../b',
    '/abs',
    'a//b',
    'a/',
    '',
    '.',
    'a/./b',
    'a\\b',
    'a\u0000b',
    'x'.repeat(256),
    `${'x/'.repeat(600)}y`,
  ])('refuse the key %j', async key => {
    const { client, root } = await openBuckets();
    await expect(client.send(put(key))).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
    expect((await readdir(root)).sort()).toEqual(['buckets', 'tmp']);
  });

  it('refuse a bucket that does not exist, a key under an object, and what they do not serve', async () => {
    const { client } = await openBuckets();
    await expect(client.send(new GetObjectCommand({ Bucket: '../x', Key: 'k' }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
    });
    await client.send(put('a'));
    await expect(client.send(put('a/b'))).rejects.toMatchObject({ name: 'InvalidArgument' });
    await expect(client.send(new DeleteBucketCommand({ Bucket: 'state' }))).rejects.toThrow(
      'does not serve DeleteBucketCommand',
    );
  });

  it('list in the order of UTF-8 keys, page by page, below a prefix and after a key', async () => {
    const part = fc
      .string({ minLength: 1, maxLength: 3, unit: fc.constantFrom('a', 'b', '-', '0', 'é', '🦩', '\uffee') })
      .filter(text => text !== '.' && text !== '..');
    const key = fc.array(part, { minLength: 1, maxLength: 3 }).map(parts => parts.join('/'));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { maxLength: 15 }),
        part,
        key,
        fc.integer({ min: 1, max: 4 }),
        async (keys, prefix, after, size) => {
          const { client, root } = await openBuckets();
          const stored: string[] = [];
          for (const each of keys) {
            if (stored.some(other => each.startsWith(`${other}/`) || other.startsWith(`${each}/`))) continue;
            await client.send(put(each));
            stored.push(each);
          }
          expect(root).toBeTruthy();
          const listed: string[] = [];
          let ContinuationToken: string | undefined;
          do {
            const page = await client.send(
              new ListObjectsV2Command({
                Bucket: 'state',
                Prefix: prefix,
                StartAfter: after,
                MaxKeys: size,
                ContinuationToken,
              }),
            );
            listed.push(...(page.Contents ?? []).map(({ Key }) => Key!));
            ContinuationToken = page.NextContinuationToken;
          } while (ContinuationToken);
          const order = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
          expect(listed).toEqual(
            stored.filter(each => each.startsWith(prefix) && order(each, after) > 0).sort(order),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it('forget an object that was deleted, also twice', async () => {
    const { state } = await openBuckets();
    await state.create('a/b', Buffer.from('1'));
    await state.delete('a/b');
    await state.delete('a/b');
    expect(await collect(state.list(''))).toEqual([]);
    expect(await state.create('a/b', Buffer.from('2'))).toBe('created');
  });

  it('delete an object only as the version that was read, if that is asked for', async () => {
    const { state } = await openBuckets();
    await state.create('a', Buffer.from('1'));
    const { etag } = (await state.get('a'))!;
    // The same bytes, written anew.
    await state.replace('a', Buffer.from('1'), etag);
    expect(await state.deleteVersion('a', etag)).toBe(false);
    expect(await state.deleteVersion('a', (await state.get('a'))!.etag)).toBe(true);
    expect(await state.get('a')).toBeUndefined();
    expect(await state.deleteVersion('a', etag)).toBe(false);
  });

  it('repeat the outcome of an upload whose condition does not hold, until it is aborted', async () => {
    const { s3, results } = await openBuckets();
    const target = { Bucket: 'results', Key: 'exports/a.csv' };
    await results.create(target.Key, Buffer.from('first'));
    const { UploadId } = (await s3.send(
      new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'CRC32' }),
    )) as { UploadId: string };
    const { ETag } = (await s3.send(
      new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: Buffer.from('second') }),
    )) as { ETag: string };
    const complete = new CompleteMultipartUploadCommand({
      ...target,
      UploadId,
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
      IfNoneMatch: '*',
    });
    for (const _ of [1, 2, 3])
      await expect(s3.send(complete)).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
    await s3.send(new AbortMultipartUploadCommand({ ...target, UploadId }));
    await expect(s3.send(complete)).rejects.toMatchObject({ name: 'NoSuchUpload' });
    expect((await results.get(target.Key))!.bytes.toString()).toBe('first');
  });

  it('leave no unfinished file behind', async () => {
    const { state, temporary, results } = await openBuckets();
    await state.create('k', Buffer.from('1'));
    await state.create('k', Buffer.from('2'));
    await results.createFrom(
      'm',
      (async function* () {
        yield Buffer.from('3');
      })(),
    );
    expect(await readdir(temporary)).toEqual([]);
    expect(await readdir(join(temporary, '..', 'buckets', 'results'))).toEqual(['m']);
  });

  it('give a part of an object, under a condition', async () => {
    const { client, state, s3 } = await openBuckets();
    await state.create('k', Buffer.from('0123456789'));
    const { etag } = (await state.get('k'))!;
    const get = (more: object) => s3.send(new GetObjectCommand({ Bucket: 'state', Key: 'k', ...more }));
    const part = (await client.send(
      new GetObjectCommand({ Bucket: 'state', Key: 'k', Range: 'bytes=2-4', IfMatch: etag }),
    )) as {
      ContentLength: number;
      ContentRange: string;
      Body: { transformToByteArray(): Promise<Uint8Array> };
    };
    expect(Buffer.from(await part.Body.transformToByteArray()).toString()).toBe('234');
    expect(part).toMatchObject({ ContentLength: 3, ContentRange: 'bytes 2-4/10', ETag: etag });
    await expect(get({ Range: 'bytes=10-' })).rejects.toMatchObject({
      name: 'InvalidRange',
      $metadata: { httpStatusCode: 416 },
    });
    await expect(get({ IfMatch: '"another"' })).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
  });

  it('name the files in which objects can be read', async () => {
    const { ledger, s3 } = await openBuckets();
    const keys = ['events/lane=late/a.json.gz', 'events/lane=ontime/b.json.gz'];
    for (const key of keys) await ledger.create(key, Buffer.from(key));
    const { paths, release } = await s3.pathsOf('ledger', keys);
    const texts = await Promise.all(paths.map(path => readFile(path, 'utf8')));
    expect(texts.join()).toBe(keys.join());
    await release();
  });

  it('names the keys below a prefix and after a key, without pages, and the size of each', async () => {
    const { s3, ledger } = await openBuckets();
    const keys = ['a/1', 'a/2', 'a/3', 'b'];
    for (const key of keys) await ledger.create(key, Buffer.from(key));
    const found: string[] = [];
    for await (const key of s3.keysBelow('ledger', 'a/', 'a/1')) found.push(key);
    expect(found).toEqual(['a/2', 'a/3']);
    expect(await Promise.all(['a/1', 'b', 'c'].map(key => s3.sizeOf('ledger', key)))).toEqual([
      3,
      1,
      undefined,
    ]);
  });
});
