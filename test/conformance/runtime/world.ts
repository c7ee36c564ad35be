/**
 * The functions as `cdk synth` bundles them, each in instances that AWS's runtime client runs; versitygw as
 * S3, and the embedded stream behind the protocol of Kinesis. No permissions are checked: the suite `deploy`
 * does that.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KinesisStreamEvent } from 'aws-lambda';
import { openBucket } from '#aws/objects.ts';
import { makeDirectory } from '#embedded/files.ts';
import { EmbeddedKinesis } from '#embedded/stream/kinesis.ts';
import { kinesisEvent } from '#embedded/stream/kinesis-event.ts';
import { openEndpoint } from '#test/lib/aws-endpoint.ts';
import { roleArn } from '#test/lib/lambda-events.ts';
import { cdkSynth, readSynthesis, type Stage } from '#test/lib/synthesis.ts';
import { credentials, fetchVersitygw, region, startVersitygw } from '../versitygw.ts';
import { type Environment, fetchRuntimeClient, type Instance, startInstance } from './instance.ts';
import { openTraffic } from './traffic.ts';

const absent = {
  send: () => Promise.reject(new Error('This world has no such service')),
};

export type World = Awaited<ReturnType<typeof openWorld>>;

export const openWorld = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'annals-conformance-runtime-'));
  const output = join(directory, 'cdk.out');
  const synthesized = cdkSynth(output, {
    'annals:operatorRoles': roleArn('operator'),
    'annals:supportRoles': roleArn('support'),
    'annals:jwtIssuer': 'https://login.example.com',
    'annals:jwtAudience': 'annals',
  });
  await Promise.all([synthesized, fetchVersitygw(), fetchRuntimeClient()]);
  const synthesis = await readSynthesis(output);
  const buckets = ['ledger', 'state', 'views', 'aside', 'results'] as const;
  const s3 = await startVersitygw(directory, buckets);
  const traffic = await openTraffic(s3.url);
  const temporary = join(directory, 'tmp');
  await makeDirectory(temporary);
  const kinesis = await EmbeddedKinesis.open(join(directory, 'stream'), temporary, {
    streamName: 'annals',
    shards: 1,
  });
  const endpoint = await openEndpoint({
    kinesis: kinesis as never,
    s3: absent,
    athena: absent,
    lambda: () => undefined,
    mayCall: (_, { action }) => action.startsWith('kinesis:'),
  });
  const instances: Instance[] = [];

  /** Starts a new instance of a function; `change` is what differs in its environment. */
  const start = async (stage: Stage, change: Environment = {}): Promise<Instance> => {
    const { Handler, MemorySize, Timeout } = synthesis.functionOf(stage);
    const bundle = {
      name: stage,
      folder: synthesis.codeOf(stage),
      handler: Handler,
      memoryMiB: MemorySize,
      timeoutSeconds: Timeout,
      environment: synthesis.environmentOf(stage),
    };
    const instance = await startInstance(bundle, directory, {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      ...endpoint.environment,
      AWS_ENDPOINT_URL_S3: traffic.url,
      ...change,
    });
    instances.push(instance);
    return instance;
  };

  let read = 0n;
  /** What Lambda hands to archive: the records that came since the last batch, or all from `after` on. */
  const batch = async (after = read): Promise<KinesisStreamEvent> => {
    const [shard] = kinesis.shardIds as [string];
    const limits = { maxCount: 10_000, maxBytes: 64 * 1024 * 1024 };
    const records = await kinesis.read(shard, after, limits, { path: '', offset: 0, after: -1n });
    read = records.at(-1)?.sequence ?? read;
    return kinesisEvent(kinesis.arn, shard, records);
  };

  const bucket = (name: (typeof buckets)[number]) => openBucket(s3.client, name);
  return {
    start,
    batch,
    traffic,
    endpoint,
    kinesis,
    s3: s3.client,
    shard: kinesis.shardIds[0]!,
    ledger: bucket('ledger'),
    state: bucket('state'),
    aside: bucket('aside'),
    environmentOf: synthesis.environmentOf,
    async stop(): Promise<void> {
      for (const instance of instances) await instance.stop();
      await endpoint.close();
      await kinesis.close();
      await traffic.close();
      await s3.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
