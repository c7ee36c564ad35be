/**
 * Hands parts to the bucket of a customer, under a role of theirs. An object is created and never replaced: if its
 * key is taken, the part is done only if the text there is the same. Each request names the account that the bucket
 * has to belong to, which is that of the role. The role is proven before it is used: it must demand the external id
 * that Annals made, or anybody who learns its ARN could have Annals write there.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
 */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { S3 } from '#aws/clients.ts';
import { hasStatus } from '#aws/objects.ts';
import type { DeliveryFault, S3Destination } from '#domain/deliver/destination.ts';
import type { Part, Sender, SendOutcome } from '#domain/deliver/sender.ts';

/** A client with the rights of the role, which may put and get below the prefix alone, until it expires. */
export type AssumedRole = { client: S3; expiresAtMs: number };
/** Assumes the role with an external id or without one; `denied` if the role does not allow it. */
export type AssumeRole = (externalId: string | undefined) => Promise<AssumedRole | 'denied'>;

export type S3SenderOptions = {
  destination: S3Destination;
  externalId: string;
  /** The place of the delivery, with a slash at its end. */
  place: string;
  assumeRole: AssumeRole;
  /** The account of the installation; undefined if the operator allows roles of it. */
  refusedAccount: string | undefined;
  nowMs(): number;
};

const maxTextBytes = 512 * 1024 * 1024;
/** Of gzip, for a short text. */
const maxOverheadBytes = 1024;
/** A role is assumed again this long before it expires. */
const renewBeforeMs = 60_000;
/** An ETag that no object has. */
const noETag = '"annals"';
const testText = Buffer.from('{"annals":"test"}\n');

export class S3Sender implements Sender {
  readonly #options: S3SenderOptions;
  #role: AssumedRole | undefined;

  constructor(options: S3SenderOptions) {
    this.#options = options;
  }

  async send(part: Part, signal: AbortSignal): Promise<SendOutcome> {
    const body = part.kind === 'rows' ? await promisify(gzip)(part.text) : part.text;
    return this.#withRole(signal, client => this.#put(client, part, body, signal));
  }

  /** Puts one object that is no part of the log; a later test finds it and is content. */
  async test(signal: AbortSignal): Promise<SendOutcome> {
    const { assumeRole, externalId, refusedAccount } = this.#options;
    if (refusedAccount !== undefined && this.#account === refusedAccount) return failed('own_account');
    this.#role = undefined;
    try {
      for (const wrong of [undefined, `${externalId}-wrong`])
        if ((await assumeRole(wrong)) !== 'denied') return failed('role_open');
    } catch (error) {
      return faultOf(error);
    }
    const sha256 = createHash('sha256').update(testText).digest('hex');
    const part = { kind: 'manifest', key: 'test.json', sha256, text: testText } as const;
    return this.#withRole(signal, client => this.#put(client, part, testText, signal));
  }

  /** The account of the role, which has to own the bucket. */
  get #account(): string {
    return this.#options.destination.role_arn.split(':')[4]!;
  }

  async #withRole(signal: AbortSignal, work: (client: S3) => Promise<SendOutcome>): Promise<SendOutcome> {
    const { assumeRole, externalId, nowMs } = this.#options;
    try {
      if (!this.#role || this.#role.expiresAtMs - nowMs() < renewBeforeMs) {
        const role = await assumeRole(externalId);
        if (role === 'denied') return failed('role_not_assumable');
        this.#role = role;
      }
      return await work(this.#role.client);
    } catch (error) {
      // What has expired early is assumed again by the next try.
      this.#role = undefined;
      // An abort within the body of an answer only says that the connection has ended.
      return signal.aborted ? failed('timed_out') : faultOf(error);
    }
  }

  async #put(
    client: S3,
    part: Pick<Part, 'kind' | 'key' | 'sha256' | 'text'>,
    body: Buffer,
    abortSignal: AbortSignal,
  ): Promise<SendOutcome> {
    const { destination, place } = this.#options;
    const { bucket, prefix } = destination;
    const target = {
      Bucket: bucket,
      Key: `${prefix === undefined ? '' : `${prefix}/`}${place}${part.key}`,
      ExpectedBucketOwner: this.#account,
    };
    try {
      await client.send(
        new PutObjectCommand({
          ...target,
          Body: body,
          IfNoneMatch: '*',
          ChecksumSHA256: createHash('sha256').update(body).digest('base64'),
          ContentType: part.kind === 'rows' ? 'application/gzip' : 'application/json',
        }),
        { abortSignal },
      );
      return { kind: 'done' };
    } catch (error) {
      if (hasStatus(error, 403) && (await this.#isOfAnother(client, target, abortSignal)))
        return failed('bucket_of_another_owner', 403);
      if (!hasStatus(error, 412)) throw error;
    }
    const stored = await client.send(new GetObjectCommand(target), { abortSignal });
    // It may be anybody's, of any size, or of one that is not told. No bytes of gzip are much longer than their text.
    if (!(stored.ContentLength! <= 2 * part.text.length + maxOverheadBytes)) {
      (stored.Body as Readable).destroy();
      return failed('key_taken');
    }
    const bytes = Buffer.from(await stored.Body!.transformToByteArray());
    return (await textSha256(bytes, part.kind)) === part.sha256 ? { kind: 'done' } : failed('key_taken');
  }

  /**
   * Whether the role may write there and only the owner is another one: S3 answers 403 to either. It asks with a
   * condition that cannot hold, so nothing is written, without the owner and then with it: a right that was missing
   * before may have come meanwhile.
   * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
   */
  async #isOfAnother(
    client: S3,
    { ExpectedBucketOwner, ...target }: Target,
    abortSignal: AbortSignal,
  ): Promise<boolean> {
    const isAnswered = async (statuses: readonly number[], input: Target): Promise<boolean> => {
      try {
        await client.send(new PutObjectCommand({ ...input, Body: testText, IfMatch: noETag }), {
          abortSignal,
        });
        return false;
      } catch (error) {
        return statuses.some(status => hasStatus(error, status));
      }
    };
    return (
      (await isAnswered([412, 404], target)) && (await isAnswered([403], { ...target, ExpectedBucketOwner }))
    );
  }
}

type Target = { Bucket: string; Key: string; ExpectedBucketOwner?: string | undefined };

const failed = (code: DeliveryFault, status?: number): SendOutcome => ({ kind: 'failed', code, status });

/** Undefined if the object is not one that Annals wrote. */
const textSha256 = async (bytes: Buffer, kind: Part['kind']): Promise<string | undefined> => {
  try {
    const text = kind === 'rows' ? await promisify(gunzip)(bytes, { maxOutputLength: maxTextBytes }) : bytes;
    return createHash('sha256').update(text).digest('hex');
  } catch {
    return undefined;
  }
};

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const faultsOfName: Readonly<Record<string, DeliveryFault>> = {
  NoSuchBucket: 'bucket_missing',
  PermanentRedirect: 'bucket_in_another_region',
  AuthorizationHeaderMalformed: 'bucket_in_another_region',
  IllegalLocationConstraintException: 'bucket_in_another_region',
  SlowDown: 'throttled',
  TimeoutError: 'timed_out',
  AbortError: 'timed_out',
};

/** What an error of the SDK means. Its message, which may name addresses, stays here. */
export const faultOf = (error: unknown): SendOutcome => {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  const named = name === undefined ? undefined : faultsOfName[name];
  if (named) return failed(named, status);
  if (status === undefined) return failed('unreachable');
  if (status === 301 || status === 307) return failed('bucket_in_another_region', status);
  if (status === 403) return failed('access_denied', status);
  if (status === 429) return failed('throttled', status);
  return failed(status >= 500 ? 'server_error' : 'unexpected_answer', status);
};
