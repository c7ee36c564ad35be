/** What GetObject and HeadObject answer. */
import type { Readable } from 'node:stream';
import type { GetObjectCommandInput } from '@aws-sdk/client-s3';
import { byteRange, contentRange } from './byte-range.ts';
import type { Headers } from './object-headers.ts';
import { preconditionFailed } from './s3-errors.ts';
import type { ObjectFacts, OpenObject } from './stored-object.ts';

export const describeObject = ({ etag, bytes, writtenAt }: ObjectFacts) => ({
  $metadata: { httpStatusCode: 200 },
  ETag: etag,
  ContentLength: bytes,
  LastModified: writtenAt,
});

/** Answers with the object, or the part that was asked for. Closes it if a condition does not hold. */
export const answerGet = async (
  object: OpenObject,
  { Range, IfMatch }: Pick<GetObjectCommandInput, 'Range' | 'IfMatch'>,
  headers: () => Promise<Headers>,
): Promise<object> => {
  try {
    if (IfMatch !== undefined && IfMatch !== object.etag) throw preconditionFailed();
    const range = byteRange(Range, object.bytes);
    const head = { ...describeObject(object), ...(await headers()) };
    const part = range && {
      $metadata: { httpStatusCode: 206 },
      ContentLength: range.last - range.first + 1,
      ContentRange: contentRange(range, object.bytes),
    };
    const stream = object.read(range);
    return { ...head, ...part, Body: Object.assign(stream, { transformToByteArray: () => collect(stream) }) };
  } catch (error) {
    await object.close();
    throw error;
  }
};

const collect = async (stream: Readable): Promise<Uint8Array> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};
