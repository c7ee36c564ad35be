/**
 * The reading half of S3 over folders, as the embedded installation keeps its buckets: ListObjectsV2, HeadObject, and
 * GetObject with ranges. Signatures are not checked. It refuses everything else, and so every attempt to write.
 */
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isAbsent } from '#embedded/files.ts';
import { type Loopback, listen } from '#test/conformance/loopback.ts';

/** `buckets`: the folder of each. `lists` counts the requests for a page of keys. */
export const startS3 = async (
  buckets: Readonly<Record<string, string>>,
): Promise<Loopback & { lists: () => number }> => {
  let lists = 0;
  const server = await listen(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://x');
    const [, bucket, ...rest] = pathname.split('/').map(decodeURIComponent);
    const folder = buckets[bucket!];
    const key = rest.join('/');
    if (folder === undefined) return refuse(response, 404, 'NoSuchBucket');
    if (request.method === 'GET' && key === '' && searchParams.get('list-type') === '2') {
      lists++;
      return sendPage(response, bucket!, folder, searchParams);
    }
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return refuse(response, 405, 'MethodNotAllowed');
    await sendObject(request, response, join(folder, key));
  });
  return { ...server, lists: () => lists };
};

const refuse = (response: ServerResponse, status: number, code: string): void => {
  const body = `<Error><Code>${code}</Code><Message>${code}</Message></Error>`;
  response.writeHead(status, { 'content-type': 'application/xml' }).end(body);
};

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const sendPage = async (
  response: ServerResponse,
  bucket: string,
  folder: string,
  parameters: URLSearchParams,
): Promise<void> => {
  const prefix = parameters.get('prefix') ?? '';
  const after = parameters.get('continuation-token') ?? '';
  const keys = (await keysUnder(folder, prefix)).filter(key => key > after);
  const page = keys.slice(0, Number(parameters.get('max-keys') ?? 1000));
  const isTruncated = keys.length > page.length;
  const contents = await Promise.all(
    page.map(async key => {
      const { size, mtime, ino } = await stat(join(folder, key));
      return (
        `<Contents><Key>${escapeXml(key)}</Key><LastModified>${mtime.toISOString()}</LastModified>` +
        `<ETag>"${ino}-${size}"</ETag><Size>${size}</Size><StorageClass>STANDARD</StorageClass></Contents>`
      );
    }),
  );
  const token = isTruncated
    ? `<NextContinuationToken>${escapeXml(page.at(-1)!)}</NextContinuationToken>`
    : '';
  response
    .writeHead(200, { 'content-type': 'application/xml' })
    .end(
      '<?xml version="1.0" encoding="UTF-8"?>' +
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
        `<Name>${bucket}</Name><Prefix>${escapeXml(prefix)}</Prefix><KeyCount>${page.length}</KeyCount>` +
        `<IsTruncated>${isTruncated}</IsTruncated>${token}${contents.join('')}</ListBucketResult>`,
    );
};

/** The keys of a prefix, in S3's order; ledgers have ASCII keys. */
const keysUnder = async (folder: string, prefix: string): Promise<string[]> => {
  const keys: string[] = [];
  const walk = async (at: string): Promise<void> => {
    const entries = await readdir(join(folder, at), { withFileTypes: true }).catch(error => {
      if (isAbsent(error)) return [];
      throw error;
    });
    for (const entry of entries) {
      const key = `${at}${entry.name}`;
      if (entry.isDirectory()) {
        const inner = `${key}/`;
        if (inner.startsWith(prefix) || prefix.startsWith(inner)) await walk(inner);
      } else if (key.startsWith(prefix)) keys.push(key);
    }
  };
  await walk(prefix.slice(0, prefix.lastIndexOf('/') + 1));
  return keys.sort();
};

const sendObject = async (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> => {
  const found = await stat(path).catch(error => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  const isHead = request.method === 'HEAD';
  if (!found?.isFile()) {
    if (isHead) response.writeHead(404).end();
    else refuse(response, 404, 'NoSuchKey');
    return;
  }
  const { size, ino, mtime } = found;
  const headers = {
    etag: `"${ino}-${size}"`,
    'last-modified': mtime.toUTCString(),
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
  };
  const range = rangeOf(request.headers.range, size);
  if (range.start > range.end && size > 0) return refuse(response, 416, 'InvalidRange');
  response.writeHead(range.isPart ? 206 : 200, {
    ...headers,
    'content-length': range.end - range.start + 1,
    ...(range.isPart ? { 'content-range': `bytes ${range.start}-${range.end}/${size}` } : {}),
  });
  if (isHead || size === 0) response.end();
  else await pipeline(createReadStream(path, { start: range.start, end: range.end }), response);
};

/** The bytes that a `Range` header asks for, both ends included. https://www.rfc-editor.org/rfc/rfc9110#name-range */
const rangeOf = (
  header: string | undefined,
  size: number,
): { start: number; end: number; isPart: boolean } => {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return { start: 0, end: size - 1, isPart: false };
  if (first === '') return { start: Math.max(0, size - Number(last)), end: size - 1, isPart: true };
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return { start: Number(first), end, isPart: true };
};
