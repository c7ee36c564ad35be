/**
 * The stage of deliveries, with a log and a state in memory, before the bucket of a customer in versitygw. versitygw
 * has no STS: roles are assumed here, as users who may do what the bucket's policy allows them.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { openDeliverySenders } from '#aws/deliver/delivery-senders.ts';
import type { S3Destination } from '#domain/deliver/destination.ts';
import { type Held, openDeliverWorld } from '#test/support/deliver-world.ts';
import { credentialsOf, region, type S3Server, startVersitygw } from '../versitygw.ts';
import { type Faults, openFaults } from './faults.ts';

/** The account of the customer, and another one. */
export const customer = '111122223333';
export const stranger = '444455556666';
/** The user who stands for the role of the customer. */
const role = `role-of-${customer}`;
export const prefix = 'audit';

export type Customers = {
  server: S3Server;
  faults: Faults;
  /** Makes a bucket of an account, whose policy lets the role put and get below the prefix. */
  makeBucket(name: string, owner?: string): Promise<S3Client>;
  /** What the bucket holds below the prefix; texts of parts are decompressed. */
  held(name: string): Promise<Held>;
  stop(): Promise<void>;
};

export const openCustomers = async (): Promise<Customers> => {
  const directory = await mkdtemp(join(tmpdir(), 'annals-conformance-s3-'));
  const server = await startVersitygw(directory, []);
  for (const user of [customer, stranger, role]) await server.addUser(user);
  const faults = await openFaults(server.url);
  const owners = new Map(
    [customer, stranger].map(name => [
      name,
      new S3Client({ region, endpoint: server.url, credentials: credentialsOf(name) }),
    ]),
  );
  return {
    server,
    faults,
    async makeBucket(Bucket, owner = customer) {
      const client = owners.get(owner)!;
      await client.send(new CreateBucketCommand({ Bucket }));
      const Policy = JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: [role] },
            Action: ['s3:PutObject', 's3:GetObject'],
            Resource: `arn:aws:s3:::${Bucket}/${prefix}/*`,
          },
          {
            Effect: 'Allow',
            Principal: { AWS: [owner] },
            Action: 's3:*',
            Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
          },
        ],
      });
      await client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
      return client;
    },
    async held(Bucket) {
      const found: Held = new Map();
      const list = { Bucket, Prefix: `${prefix}/` };
      let ContinuationToken: string | undefined;
      do {
        const page = await server.client.send(new ListObjectsV2Command({ ...list, ContinuationToken }));
        for (const { Key } of page.Contents ?? []) {
          const { Body } = await server.client.send(new GetObjectCommand({ Bucket, Key }));
          const bytes = Buffer.from(await Body!.transformToByteArray());
          const isRows = Key!.endsWith('.gz');
          const text = (isRows ? gunzipSync(bytes) : bytes).toString();
          found.set(Key!, { text, kind: isRows ? 'rows' : 'manifest' });
        }
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
      return found;
    },
    async stop() {
      for (const owner of owners.values()) owner.destroy();
      await faults.close();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
};

export const bucketOf = (bucket: string, change: Partial<S3Destination> = {}): S3Destination => ({
  type: 's3',
  bucket,
  prefix,
  region,
  role_arn: `arn:aws:iam::${customer}:role/annals`,
  ...change,
});

export type StageOptions = {
  /** Most rows of a run. */
  rows?: number;
  /** Called when the beginning of an answer of the server has come, and its body may not. */
  onAnswer?(): void;
};

/** A log with deliveries into these buckets. `start` gives a process that shares nothing but the places. */
export const openStage = async (
  { faults }: Pick<Customers, 'faults'>,
  { rows = 50_000, onAnswer }: StageOptions = {},
) => {
  const opened = await openDeliverWorld();
  const start = () =>
    opened.start({
      limits: { rows, textBytes: 32 * 1024 * 1024 },
      openSender: openDeliverySenders({
        secrets: {} as never,
        ocsf: {},
        account: '999999999999',
        allowedPorts: [],
        nowMs: () => opened.clock.ms,
        assumeRole:
          ({ region: ofBucket }) =>
          async externalId => {
            if (externalId !== 'x') return 'denied';
            const options = { region: ofBucket, endpoint: faults.url, credentials: credentialsOf(role) };
            const client = new S3Client(options);
            client.middlewareStack.add(
              next => async given => {
                const answered = await next(given);
                onAnswer?.();
                return answered;
              },
              { step: 'initialize' },
            );
            return { client, expiresAtMs: opened.clock.ms + 3_600_000 };
          },
      }),
    });
  return { ...opened, start };
};
