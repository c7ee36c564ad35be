import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { S3 } from '#aws/clients.ts';
import { type AssumeRole, faultOf, S3Sender } from '#aws/deliver/s3-sender.ts';
import { partKey } from '#domain/deliver/layout.ts';
import type { Part } from '#domain/deliver/sender.ts';
import { collect, openBuckets } from '#test/support/world.ts';

const end = '2026-11-26T10:00:00.000000000Z';
const place = 'annals/i/scope=acme/delivery=siem.0a/';
const partOf = (text: string): Part => ({
  run: 1,
  part: 1,
  kind: 'rows',
  end,
  text: Buffer.from(text),
  sha256: createHash('sha256').update(text).digest('hex'),
  events: [],
  id: 'i',
  key: partKey({ kind: 'rows', run: 1, part: 1, end }),
});
const signal = new AbortController().signal;
const externalId = 'e-1';

const opened = async (isAllowed: (given: string | undefined) => boolean = given => given === externalId) => {
  const { results, client } = await openBuckets();
  const asked: { ExpectedBucketOwner?: string; IfNoneMatch?: string }[] = [];
  const clock = { ms: 0, assumed: 0 };
  type Input = { ExpectedBucketOwner?: string };
  let failureOf: (input: Input) => Error | undefined = () => undefined;
  const customers: S3 = {
    send: (async (command: { input: Input }, ...rest: never[]) => {
      asked.push(command.input);
      const failure = failureOf(command.input);
      if (failure) throw failure;
      return client.send(command as never, ...rest);
    }) as S3['send'],
  };
  const assumeRole: AssumeRole = async given => {
    if (!isAllowed(given)) return 'denied';
    clock.assumed += 1;
    return { client: customers, expiresAtMs: clock.ms + 3_600_000 };
  };
  const sender = (change: { refusedAccount?: string; assumeRole?: AssumeRole } = {}) =>
    new S3Sender({
      destination: {
        type: 's3',
        bucket: 'results',
        prefix: 'logs',
        region: 'eu-central-1',
        role_arn: 'arn:aws:iam::111122223333:role/annals',
      },
      externalId,
      place,
      assumeRole,
      refusedAccount: undefined,
      nowMs: () => clock.ms,
      ...change,
    });
  const answer = (given: typeof failureOf) => {
    failureOf = given;
  };
  const fail = (error: Error | undefined) => answer(() => error);
  return { sender, results, asked, clock, answer, fail };
};
const key = `logs/${place}${partOf('').key}`;
const error = (name: string, httpStatusCode?: number) =>
  Object.assign(new Error('secret address'), { name, $metadata: { httpStatusCode } });

describe('a bucket of a customer', () => {
  it('has a part once, under conditions that name its owner', async () => {
    const { sender, results, asked } = await opened();
    const to = sender();
    expect(await to.send(partOf('a\n'), signal)).toEqual({ kind: 'done' });
    expect(gunzipSync((await results.get(key))!.bytes).toString()).toBe('a\n');
    expect(await to.send(partOf('a\n'), signal)).toEqual({ kind: 'done' });
    expect(await collect(results.list(''))).toHaveLength(1);
    for (const { ExpectedBucketOwner } of asked) expect(ExpectedBucketOwner).toBe('111122223333');
    expect(asked[0]!.IfNoneMatch).toBe('*');
  });

  it('takes the same text in other bytes of gzip for done, and stops at another text', async () => {
    const { sender, results } = await opened();
    await results.create(key, gzipSync('a\n', { level: 1 }));
    expect(await sender().send(partOf('a\n'), signal)).toEqual({ kind: 'done' });
    expect(await sender().send(partOf('b\n'), signal)).toMatchObject({ kind: 'failed', code: 'key_taken' });
    const { results: others, sender: toOthers } = await opened();
    await others.create(key, Buffer.from('not gzip'));
    expect(await toOthers().send(partOf('a\n'), signal)).toMatchObject({ code: 'key_taken' });
  });

  it('is not read where the object that is there is longer than the text can be', async () => {
    const { sender, results } = await opened();
    await results.create(key, Buffer.concat([gzipSync('a\n'), Buffer.alloc(5000)]));
    expect(await sender().send(partOf('a\n'), signal)).toMatchObject({ kind: 'failed', code: 'key_taken' });
  });

  it('is tested by a role that demands the external id, and by no other', async () => {
    expect(await (await opened()).sender().test(signal)).toEqual({ kind: 'done' });
    const codeOf = async (isAllowed: (given: string | undefined) => boolean) => {
      const { sender, results } = await opened(isAllowed);
      const outcome = await sender().test(signal);
      expect(await collect(results.list(''))).toEqual([]);
      return outcome.kind === 'failed' ? outcome.code : outcome.kind;
    };
    expect(await codeOf(() => true)).toBe('role_open');
    expect(await codeOf(given => given !== undefined)).toBe('role_open');
    expect(await codeOf(given => given === undefined)).toBe('role_open');
    expect(await codeOf(() => false)).toBe('role_not_assumable');
  });

  it('can be tested again and again, and leaves one object of it', async () => {
    const { sender, results } = await opened();
    for (let n = 0; n < 3; n++) expect(await sender().test(signal)).toEqual({ kind: 'done' });
    expect(await collect(results.list(''))).toHaveLength(1);
  });

  it('is not one of the account of the installation, unless the operator allows it', async () => {
    const { sender } = await opened();
    const outcome = await sender({ refusedAccount: '111122223333' }).test(signal);
    expect(outcome).toMatchObject({ kind: 'failed', code: 'own_account' });
  });

  it('is not the one of another account, which the role may write to, and nothing is written', async () => {
    const { sender, results, answer } = await opened();
    answer(({ ExpectedBucketOwner }) =>
      ExpectedBucketOwner === undefined ? undefined : error('AccessDenied', 403),
    );
    for (const outcome of [await sender().send(partOf('a\n'), signal), await sender().test(signal)])
      expect(outcome).toEqual({ kind: 'failed', code: 'bucket_of_another_owner', status: 403 });
    expect(await collect(results.list(''))).toEqual([]);
    answer(() => error('AccessDenied', 403));
    expect(await sender().send(partOf('a\n'), signal)).toMatchObject({ code: 'access_denied' });
  });

  /** A sender to a bucket whose key is taken, by an object that it answers so. */
  const toTaken = async (stored: object) => {
    const send = async ({ input }: { input: object }) => {
      if ('IfNoneMatch' in input) throw error('PreconditionFailed', 412);
      return stored;
    };
    const client = { send: send as S3['send'] };
    const { sender } = await opened();
    return sender({ assumeRole: async () => ({ client, expiresAtMs: 3_600_000 }) });
  };

  it('has timed out if the turn ends while the body of an answer is on its way', async () => {
    const ends = new AbortController();
    const transformToByteArray = () => {
      ends.abort();
      return Promise.reject(new Error('aborted'));
    };
    const sender = await toTaken({ ContentLength: 10, Body: { transformToByteArray } });
    const outcome = await sender.send(partOf('a\n'), ends.signal);
    expect(outcome).toMatchObject({ kind: 'failed', code: 'timed_out' });
  });

  it('is not read if the length of the object that is there is not told', async () => {
    let isEnded = false;
    const destroy = () => {
      isEnded = true;
    };
    const outcome = await (await toTaken({ Body: { destroy } })).send(partOf('a\n'), signal);
    expect(outcome).toMatchObject({ kind: 'failed', code: 'key_taken' });
    expect(isEnded).toBe(true);
  });

  it('has its role assumed once, until that expires or fails', async () => {
    const { sender, clock, fail } = await opened();
    const to = sender();
    for (const text of ['a\n', 'a\n']) await to.send(partOf(text), signal);
    expect(clock.assumed).toBe(1);
    clock.ms += 3_590_000;
    await to.send(partOf('a\n'), signal);
    expect(clock.assumed).toBe(2);
    fail(error('ExpiredToken', 400));
    expect(await to.send(partOf('a\n'), signal)).toMatchObject({ kind: 'failed' });
    fail(undefined);
    expect(await to.send(partOf('a\n'), signal)).toEqual({ kind: 'done' });
    expect(clock.assumed).toBe(3);
  });

  it.each([
    ['NoSuchBucket', 404, 'bucket_missing'],
    ['PermanentRedirect', 301, 'bucket_in_another_region'],
    ['AuthorizationHeaderMalformed', 400, 'bucket_in_another_region'],
    ['AccessDenied', 403, 'access_denied'],
    ['SlowDown', 503, 'throttled'],
    ['InternalError', 500, 'server_error'],
    ['AbortError', undefined, 'timed_out'],
    ['Error', undefined, 'unreachable'],
    ['InvalidRequest', 400, 'unexpected_answer'],
  ])('says %s as a closed code', async (name, status, code) => {
    const outcome = faultOf(error(name, status));
    expect(outcome).toEqual({ kind: 'failed', code, status });
    expect(JSON.stringify(outcome)).not.toContain('secret');
  });
});
