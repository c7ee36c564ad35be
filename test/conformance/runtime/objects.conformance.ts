/** All that Annals asks of S3, by `aws/objects.ts`, of a server that enforces conditions and checksums. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListMultipartUploadsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { downloadLinks } from '#aws/download-link.ts';
import { type Objects, openBucket } from '#aws/objects.ts';
import { collect } from '#test/support/world.ts';
import { requireTools } from '../tools.ts';
import { type S3Server, startVersitygw } from '../versitygw.ts';

let directory: string;
let server: S3Server;
let objects: Objects;
beforeAll(async () => {
  requireTools('runtime');
  directory = await mkdtemp(join(tmpdir(), 'annals-conformance-objects-'));
  server = await startVersitygw(directory, ['objects', 'pages']);
  objects = openBucket(server.client, 'objects');
});
afterAll(async () => {
  await server?.stop();
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

const textOf = async (key: string): Promise<string | undefined> => (await objects.get(key))?.bytes.toString();
const bytes = (text: string): Buffer => Buffer.from(text);
async function* inPieces(content: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

it('creates an object once, also if several try at the same time', async () => {
  expect(await objects.create('a/once', bytes('first'))).toBe('created');
  expect(await objects.create('a/once', bytes('second'))).toBe('exists');
  expect(await textOf('a/once')).toBe('first');
  for (let round = 0; round < 10; round++) {
    const tries = Array.from({ length: 8 }, (_, n) => objects.create(`race/${round}`, bytes(String(n))));
    const created = (await Promise.all(tries)).flatMap((result, n) =>
      result === 'created' ? [String(n)] : [],
    );
    expect(created).toHaveLength(1);
    expect(await textOf(`race/${round}`)).toBe(created[0]);
  }
});

it('replaces only the version that was read, also if several try at the same time', async () => {
  expect(await objects.replace('mark', bytes('1'), undefined)).toBe(true);
  expect(await objects.replace('mark', bytes('x'), undefined)).toBe(false);
  const { etag } = (await objects.get('mark'))!;
  expect(await objects.replace('mark', bytes('2'), etag)).toBe(true);
  expect(await objects.replace('mark', bytes('x'), etag)).toBe(false);
  expect(await textOf('mark')).toBe('2');
  for (let round = 0; round < 10; round++) {
    const read = (await objects.get('mark'))!.etag;
    const tries = Array.from({ length: 8 }, (_, n) => objects.replace('mark', bytes(`${round} ${n}`), read));
    const done = (await Promise.all(tries)).flatMap((isDone, n) => (isDone ? [`${round} ${n}`] : []));
    expect(done).toHaveLength(1);
    expect(await textOf('mark')).toBe(done[0]);
  }
});

it('tells that an object is absent, and deletes one that may be absent', async () => {
  expect(await objects.get('absent')).toBeUndefined();
  expect(await objects.size('absent')).toBeUndefined();
  await objects.create('gone', bytes('x'));
  expect(await objects.size('gone')).toBe(1);
  await objects.delete('gone');
  await objects.delete('gone');
  expect(await objects.get('gone')).toBeUndefined();
  await expect(objects.replace('gone', bytes('x'), '"0"')).rejects.toMatchObject({ name: 'NoSuchKey' });
});

it('keeps the keys that Annals makes, whatever is in them', async () => {
  const keys = [
    'events/lane=ontime/bucket=00/date=2026-11-26/x',
    'watermark/a@2026-11-26T04:50:35Z/s',
    'a/%25+ &~ü🦩',
  ];
  for (const key of keys) await objects.create(key, bytes(key));
  for (const key of keys) {
    expect(await textOf(key)).toBe(key);
    const listed = await collect(objects.list(key));
    expect(listed.map(({ key }) => key)).toEqual([key]);
    expect(listed[0]!.etag).toBe((await objects.get(key))!.etag);
  }
});

it('lists in pages, in the order of keys, after a key, and at most so many', async () => {
  const pages = openBucket(server.client, 'pages');
  const keys = Array.from({ length: 1203 }, (_, n) => `p/${String(n).padStart(5, '0')}`);
  for (let at = 0; at < keys.length; at += 100)
    await Promise.all(keys.slice(at, at + 100).map(key => pages.create(key, bytes(key))));
  await pages.create('q/other', bytes('x'));
  const list = async (...given: Parameters<Objects['list']>) =>
    (await collect(pages.list(...given))).map(({ key }) => key);
  expect(await list('p/')).toEqual(keys);
  expect(await list('p/', 'p/00100')).toEqual(keys.slice(101));
  expect(await list('p/', undefined, 1100)).toEqual(keys.slice(0, 1100));
  expect(await list('p/', 'p/01200', 1)).toEqual(['p/01201']);
  expect(await list('none/')).toEqual([]);
});

it('sends the SHA-256 of what it writes, and the server refuses content that has another one', async () => {
  const ChecksumSHA256 = createHash('sha256').update('other').digest('base64');
  const command = new PutObjectCommand({ Bucket: 'objects', Key: 'sum', Body: 'x', ChecksumSHA256 });
  await expect(server.client.send(command)).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
  expect(await objects.get('sum')).toBeUndefined();
});

it('creates a large object from pieces, once, and leaves no upload behind', async () => {
  const content = randomBytes(20 * 1024 * 1024 + 1);
  const create = (key: string) =>
    objects.createFrom(key, inPieces(content, 1_000_003), { contentType: 'text/csv' });
  expect(await create('large')).toBe('created');
  expect(await create('large')).toBe('exists');
  expect((await objects.get('large'))!.bytes.equals(content)).toBe(true);
  expect(await objects.size('large')).toBe(content.length);
  const read = createHash('sha256');
  for await (const piece of await objects.read('large')) read.update(piece);
  expect(read.digest('hex')).toBe(createHash('sha256').update(content).digest('hex'));
  async function* failing(): AsyncGenerator<Buffer> {
    yield content;
    throw new Error('The reader ended early');
  }
  await expect(objects.createFrom('cut', failing())).rejects.toThrow('The reader ended early');
  expect(await objects.get('cut')).toBeUndefined();
  async function* nothing(): AsyncGenerator<Buffer> {}
  expect(await objects.createFrom('empty', nothing())).toBe('created');
  expect(await objects.size('empty')).toBe(0);
  const { Uploads = [] } = await server.client.send(new ListMultipartUploadsCommand({ Bucket: 'objects' }));
  expect(Uploads).toEqual([]);
});

it('makes links that let their holder download the object or a range of it, and nothing else', async () => {
  const options = { contentType: 'text/csv', contentDisposition: 'attachment; filename="acme.csv"' };
  await objects.create('file.csv', bytes('0123456789'), options);
  const link = await downloadLinks(server.client, 'objects', 60)('file.csv');
  const whole = await fetch(link);
  expect(await whole.text()).toBe('0123456789');
  expect(whole.headers.get('content-type')).toBe(options.contentType);
  expect(whole.headers.get('content-disposition')).toBe(options.contentDisposition);
  const part = await fetch(link, { headers: { range: 'bytes=3-5' } });
  expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([
    206,
    '345',
    'bytes 3-5/10',
  ]);
  expect((await fetch(link.replace('file.csv', 'mark'))).status).toBe(403);
  expect((await fetch(link, { method: 'PUT', body: 'x' })).status).toBe(403);
});
