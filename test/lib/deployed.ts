/**
 * The stack as it would be deployed, on this machine: `cdk synth` makes the bundles and the template, each
 * bundle runs in a process of its own with the environment of its function, and calls go to the stand-ins
 * under the policy of its role.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KinesisStreamBatchResponse } from 'aws-lambda';
import { makeDirectory } from '#embedded/files.ts';
import { EmbeddedAthena } from '#embedded/query/athena.ts';
import { EmbeddedS3 } from '#embedded/storage/s3.ts';
import { EmbeddedKinesis } from '#embedded/stream/kinesis.ts';
import { kinesisEvent } from '#embedded/stream/kinesis-event.ts';
import { type Call, customer, openEndpoint } from './aws-endpoint.ts';
import { queryStateChange, roleArn } from './lambda-events.ts';
import { isAllowed, isDenied } from './policy.ts';
import type { Statement } from './synth.ts';
import { cdkSynth, functionPrefix, readSynthesis, type Stage, stages } from './synthesis.ts';

/** What the tests read of bodies. */
export type Json = {
  id: string;
  status: string;
  complete_to: string;
  gaps: { id: string; reason: string }[];
  exports: { id: string }[];
  notices: { id: string; status: string; attempts: number; last_reason: string }[];
  runs: { export_id: string; status: string; rows: number }[];
  export_id: string;
};
type Answer = { statusCode: number; headers: Record<string, string>; body: string };

/** A bundle in a process of its own. */
const startRuntime = async (bundle: string, env: Record<string, string>) => {
  const child: ChildProcess = fork(join(import.meta.dirname, 'lambda-runtime.mjs'), [bundle], {
    env,
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const output: string[] = [];
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  const waiting = new Map<string, { resolve(value: unknown): void; reject(error: Error): void }>();
  const ready = new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`The runtime ended: ${output.join('')}`)));
    child.on(
      'message',
      ({
        id,
        result,
        error,
      }: {
        id: string;
        result?: unknown;
        error?: { name: string; message: string };
      }) => {
        if (id === 'ready') resolve();
        else if (error)
          waiting.get(id)?.reject(Object.assign(new Error(error.message), { name: error.name }));
        else waiting.get(id)?.resolve(result);
      },
    );
  });
  await ready;
  let invocations = 0;
  return {
    /** What it has printed: logs and metrics. */
    lines: (): string[] =>
      output
        .join('')
        .split('\n')
        .filter(line => line.startsWith('{')),
    invoke: (event: unknown, alias?: string): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const id = String(++invocations);
        waiting.set(id, { resolve, reject });
        const arn = `arn:aws:lambda:eu-west-1:123456789012:function:f${alias === undefined ? '' : `:${alias}`}`;
        child.send({ id, event, context: { invokedFunctionArn: arn, awsRequestId: `invocation-${id}` } });
      }),
    async stop(): Promise<void> {
      const ended = new Promise(resolve => child.once('exit', resolve));
      child.kill();
      await ended;
    },
  };
};

export type Deployed = Awaited<ReturnType<typeof deploy>>;

export const deploy = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'annals-test-'));
  const out = join(directory, 'cdk.out');
  const synthesis = await cdkSynth(out, {
    'annals:operatorRoles': roleArn('operator'),
    'annals:supportRoles': roleArn('support'),
    'annals:jwtIssuer': 'https://login.example.com',
    'annals:jwtAudience': 'annals',
    'annals:scopeClaim': 'org',
  });
  const synthesized = await readSynthesis(out);
  const { resources, idOf, references, environmentOf } = synthesized;
  const names = (text: string): string =>
    text
      .replace(/<(Storage\w+)\.Arn>/, (_, id: string) => `arn:aws:s3:::${references.get(id)}`)
      .replace(/^<(Notifications\w+)>$/, (_, id: string) => references.get(id)!)
      .replace(/<(EventStream\w+)\.Arn>/, (_, id: string) => `arn:aws:kinesis:::stream/${references.get(id)}`)
      .replace(/^arn:<AWS::Partition>:iam:/, 'arn:aws:iam:')
      .replace(/^arn:<AWS::Partition>:athena:<AWS::Region>:<AWS::AccountId>:/, 'arn:aws:athena:::');
  const statementsOf = (stage: Stage): Statement[] =>
    (
      resources[idOf('AWS::IAM::Role', functionPrefix(stage))]!.Properties.Policies as {
        PolicyDocument: { Statement: Statement[] };
      }[]
    ).flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  const policies = new Map(
    Object.entries(resources)
      .filter(([, { Type }]) => Type === 'AWS::S3::BucketPolicy')
      .map(([, { Properties }]) => {
        const { Bucket, PolicyDocument } = Properties as {
          Bucket: { Ref: string };
          PolicyDocument: { Statement: Statement[] };
        };
        // Those without a name are of TLS, which is not spoken here.
        return [
          references.get(Bucket.Ref),
          PolicyDocument.Statement.filter(({ Sid }) => Sid !== undefined),
        ] as const;
      }),
  );
  const bucketStatements = ({ resource }: Call): Statement[] =>
    policies.get(/^arn:aws:s3:::([^/]+)/.exec(resource)?.[1]) ?? [];

  const temporary = join(directory, 'tmp');
  await makeDirectory(temporary);
  const s3 = new EmbeddedS3(join(directory, 'buckets'), temporary, [
    'ledger',
    'state',
    'views',
    'aside',
    'results',
    'customers',
  ]);
  await s3.open();
  const kinesis = await EmbeddedKinesis.open(join(directory, 'stream'), temporary, {
    streamName: 'annals',
    shards: 2,
  });
  const ended: { queryExecutionId: string; currentState: string }[] = [];
  let queryFault: string | undefined;
  const athena = await EmbeddedAthena.open({
    s3,
    ledger: 'ledger',
    views: 'views',
    directory: join(directory, 'athena'),
    temporary,
    memoryLimit: '256MiB',
    threads: 1,
    onStateChange: ({ detail }) => ended.push(detail),
    log: () => undefined,
    fault: () => queryFault,
  });
  const admins = new Map<string, unknown>();
  let isTopicBroken = false;
  const externalIds = new Set<string>();
  const endpoint = await openEndpoint({
    topicFault: () => isTopicBroken,
    isExternalId: id => id !== null && externalIds.has(id),
    kinesis: kinesis as never,
    s3: s3 as never,
    athena,
    lambda: (_, payload) => admins.get((payload as { user_id: string }).user_id),
    mayCall: (caller, call, headers) => {
      if (caller === customer) return call.resource.startsWith('arn:aws:s3:::customers/');
      const [stage, isOfCompany] = caller.split('+') as [Stage, string | undefined];
      if (isOfCompany && call.action === 'lambda:InvokeFunction') return true;
      const named = { ...call, principal: `<${idOf('AWS::IAM::Role', functionPrefix(stage))}.Arn>` };
      return (
        isAllowed(statementsOf(stage), call, names) &&
        !isDenied(bucketStatements(call), named, headers, names)
      );
    },
  });

  const bundleOf = (stage: Stage): string => join(synthesized.codeOf(stage), 'index.mjs');
  const start = (stage: Stage, change: Record<string, string> = {}, caller: string = stage) =>
    startRuntime(bundleOf(stage), {
      ...environmentOf(stage),
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: caller,
      AWS_SECRET_ACCESS_KEY: 'secret',
      ...endpoint.environment,
      ...change,
    });
  const runtimes = Object.fromEntries(
    await Promise.all(stages.map(async stage => [stage, await start(stage)])),
  ) as Record<Stage, Awaited<ReturnType<typeof start>>>;

  const read = new Map<string, bigint>();
  /** What Lambda's event source does: everything that has come to the stream, to archive, a batch a shard. */
  const file = async (): Promise<KinesisStreamBatchResponse[]> => {
    const responses: KinesisStreamBatchResponse[] = [];
    for (const shard of kinesis.shardIds) {
      const records = await kinesis.read(
        shard,
        read.get(shard) ?? 0n,
        { maxCount: 10_000, maxBytes: 6e6 },
        {
          path: '',
          offset: 0,
          after: -1n,
        },
      );
      if (records.length === 0) continue;
      read.set(shard, records.at(-1)!.sequence);
      const event = kinesisEvent(kinesis.arn, shard, records);
      responses.push((await runtimes.archive.invoke(event)) as KinesisStreamBatchResponse);
    }
    return responses;
  };
  /** Gives finish the news of every query that has ended. */
  const tellEnds = async (): Promise<void> => {
    for (const { queryExecutionId, currentState } of ended.splice(0))
      await runtimes.finish.invoke(queryStateChange(queryExecutionId, currentState));
  };
  const http = async (stage: 'browse' | 'export' | 'manage' | 'describe', event: unknown) => {
    const { statusCode, headers, body } = (await runtimes[stage].invoke(event)) as Answer;
    return {
      status: statusCode,
      headers,
      json: body === '' ? ({} as Json) : (JSON.parse(body) as Json),
    };
  };

  return {
    synthesis,
    runtimes,
    endpoint,
    s3,
    kinesis,
    ended,
    admins,
    externalIds,
    start,
    file,
    tellEnds,
    http,
    statementsOf,
    bundleBytes: async (stage: Stage) => (await stat(bundleOf(stage))).size,
    failTopic(isBroken: boolean): void {
      isTopicBroken = isBroken;
    },
    failQueries(reason: string | undefined): void {
      queryFault = reason;
    },
    async stop(): Promise<void> {
      for (const runtime of Object.values(runtimes)) await runtime.stop();
      await endpoint.close();
      await athena.close();
      await kinesis.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
