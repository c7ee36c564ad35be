import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Match } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { variablesOf } from '#aws/environment.ts';
import { allBuckets, bucketName } from '#domain/archive/bucket.ts';
import { columns, partitionColumns } from '#domain/archive/columns.ts';
import { objectKey, parseObjectKey } from '#domain/archive/layout.ts';
import { routes } from '#domain/http/routes.ts';
import { metricUnits } from '#domain/metrics.ts';
import { flat, list, type Statement, synthesize } from './synth.ts';

type Stack = Awaited<ReturnType<typeof synthesize>>;
const root = join(import.meta.dirname, '../..');
const stages = Object.keys(variablesOf) as (keyof typeof variablesOf)[];
/** The logical id of what a stage's function has. */
const stageId = (stage: string): string => `${stage[0]!.toUpperCase()}${stage.slice(1)}Function`;

let stack: Stack;
let customers: Stack;
beforeAll(async () => {
  stack = await synthesize();
  customers = await synthesize({ jwtIssuer: 'https://login.example.com', jwtAudience: 'annals' });
});

const key = Match.objectLike({ 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] });
const policyOf = (bucket: string): Statement[] =>
  (
    stack.one('AWS::S3::BucketPolicy', `Storage${bucket}`).Properties.PolicyDocument as {
      Statement: Statement[];
    }
  ).Statement;
const denial = (bucket: string, sid: string): Statement => policyOf(bucket).find(({ Sid }) => Sid === sid)!;

describe('every function', () => {
  it.each(stages)('%s runs on the newest runtime, on arm64, and logs no line a request', stage => {
    expect(stack.one('AWS::Lambda::Function', stageId(stage)).Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      LoggingConfig: { LogFormat: 'JSON', SystemLogLevel: 'WARN', ApplicationLogLevel: 'INFO' },
    });
  });

  it.each(stages)('%s has its whole environment and nothing else', stage => {
    const { Environment } = stack.one('AWS::Lambda::Function', stageId(stage)).Properties as {
      Environment: { Variables: Record<string, unknown> };
    };
    expect(Object.keys(Environment.Variables).sort()).toEqual([...variablesOf[stage]].sort());
  });

  it.each(stages)('%s has a log group of its own, encrypted and with an end', stage => {
    const { LoggingConfig } = stack.one('AWS::Lambda::Function', stageId(stage)).Properties as {
      LoggingConfig: { LogGroup: { Ref: string } };
    };
    stack.template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 90, KmsKeyId: key });
    expect(stack.resources[LoggingConfig.LogGroup.Ref]!.Properties).toMatchObject({
      RetentionInDays: 90,
      KmsKeyId: { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] },
    });
  });

  it('is made by the one construct, and there are no others', () => {
    expect(stack.ofType('AWS::Lambda::Function')).toHaveLength(stages.length);
    for (const file of readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' }).filter(
      name => name.endsWith('.ts') && name !== 'function/annals-function.ts',
    ))
      expect(readFileSync(join(root, 'lib', file), 'utf8'), file).not.toMatch(
        /new (NodejsFunction|Function|CfnFunction)\(/,
      );
  });

  it('has at most so many at once where more would do harm, and can be left unbounded', async () => {
    const bounds = ({ ofType }: Stack) =>
      Object.fromEntries(
        ofType('AWS::Lambda::Function').map(([id, { Properties }]) => [
          id.replace(/Function.*/, ''),
          Properties.ReservedConcurrentExecutions,
        ]),
      );
    expect(bounds(stack)).toEqual({
      Receive: undefined,
      Archive: undefined,
      Export: 20,
      Finish: 10,
      Tick: 5,
      Manage: undefined,
      Describe: 2,
    });
    expect(new Set(Object.values(bounds(await synthesize({ reserveConcurrency: 'false' }))))).toEqual(
      new Set([undefined]),
    );
    expect(bounds(await synthesize({ receiveConcurrency: '7' }))).toMatchObject({ Receive: 7 });
  });
});

describe('permissions', () => {
  const allStatements = (): [string, Statement][] => [
    ...stack
      .ofType('AWS::IAM::Role')
      .flatMap(([id, { Properties }]) =>
        (Properties.Policies as { PolicyDocument: { Statement: Statement[] } }[]).flatMap(
          ({ PolicyDocument }) =>
            PolicyDocument.Statement.map(statement => [id, statement] as [string, Statement]),
        ),
      ),
    ...stack
      .ofType('AWS::IAM::ManagedPolicy')
      .flatMap(([id, { Properties }]) =>
        (Properties.PolicyDocument as { Statement: Statement[] }).Statement.map(
          statement => [id, statement] as [string, Statement],
        ),
      ),
  ];

  it('name every action, and come from nowhere but the statements of the stages', () => {
    expect(allStatements().length).toBeGreaterThan(40);
    for (const [id, { Action }] of allStatements())
      for (const action of list(Action)) expect(action, id).toMatch(/^[a-z0-9-]+:[A-Za-z]+$/);
    expect(stack.ofType('AWS::IAM::Policy')).toEqual([]);
    for (const [id, { Properties }] of stack.ofType('AWS::IAM::Role'))
      expect(Properties.ManagedPolicyArns, id).toBeUndefined();
  });

  it('name every resource, but for what is below a prefix of a bucket, in a log group, or a route of the API', () => {
    for (const [id, statement] of allStatements())
      for (const resource of list(statement.Resource).map(flat))
        expect(resource, id).toMatch(
          /^[^*]+$|^<Storage(Ledger|State|Aside|Results)\w+\.Arn>\/[a-z-]+\/((lambda|lane=late)\/)?\*$|^<\w+Log\w+\.Arn>$|^arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<StaffApi\w+>\/\*\/\*\/\*$/,
        );
  });

  it('let a function use the key through a service only', () => {
    for (const [id, { Action, Condition }] of allStatements())
      if (list(Action).some(action => action.startsWith('kms:')))
        expect(Object.keys(Condition!.StringEquals!), id).toEqual(['kms:ViaService']);
  });

  it('let the ledger be written by archive alone, and read by Athena, but for late rows', () => {
    const touching = (action: string) =>
      allStatements().filter(
        ([, { Action, Resource }]) =>
          list(Action).includes(action) &&
          list(Resource).some(resource => flat(resource).startsWith('<StorageLedger')),
      );
    expect(touching('s3:PutObject').map(([id]) => id.replace(/Function.*/, ''))).toEqual(['Archive']);
    for (const [, { Condition, Resource }] of touching('s3:GetObject'))
      if (list(Resource).some(resource => !flat(resource).endsWith('/lane=late/*')))
        expect(Condition).toEqual({
          'ForAnyValue:StringEquals': { 'aws:CalledVia': ['athena.amazonaws.com'] },
        });
    expect(touching('s3:DeleteObject')).toEqual([]);
  });
});

describe('receive', () => {
  it('has a URL under IAM', () => {
    expect(stack.one('AWS::Lambda::Url').Properties).toMatchObject({ AuthType: 'AWS_IAM' });
  });

  it('lets emitters use the URL, and invoke the function only by it', () => {
    const { PolicyDocument } = stack.one('AWS::IAM::ManagedPolicy', 'ReceiveEmitters').Properties as {
      PolicyDocument: { Statement: Statement[] };
    };
    const fn = { 'Fn::GetAtt': [stack.one('AWS::Lambda::Function', 'Receive').id, 'Arn'] };
    expect(PolicyDocument.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: 'lambda:InvokeFunctionUrl',
        Resource: fn,
        Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } },
      },
      {
        Effect: 'Allow',
        Action: 'lambda:InvokeFunction',
        Resource: fn,
        Condition: { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } },
      },
    ]);
  });

  it('is invoked directly by an alias of its own alone', () => {
    const { id, Properties } = stack.one('AWS::Lambda::Alias');
    expect(Properties.Name).toBe('direct');
    const { PolicyDocument } = stack.one('AWS::IAM::ManagedPolicy', 'ReceiveDirectEmitters').Properties as {
      PolicyDocument: { Statement: Statement[] };
    };
    expect(PolicyDocument.Statement).toEqual([
      { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: { Ref: id } },
    ]);
  });
});

describe('an update', () => {
  const dependsOn = (stage: string): string[] => {
    const { DependsOn } = stack.one('AWS::Lambda::Function', stageId(stage)) as {
      DependsOn?: string | string[];
    };
    return list(DependsOn ?? []).map(id => id.replace(/Function.*/, ''));
  };

  it('replaces readers before writers: finish, tick and manage before archive, archive before receive', () => {
    expect(dependsOn('archive')).toEqual(expect.arrayContaining(['Finish', 'Tick', 'Manage']));
    expect(dependsOn('receive')).toContain('Archive');
  });
});

describe('the stream', () => {
  it('is on demand, encrypted, kept for 7 days, and not deleted with the stack', () => {
    const { Properties, DeletionPolicy } = stack.one('AWS::Kinesis::Stream');
    expect(Properties).toMatchObject({
      StreamModeDetails: { StreamMode: 'ON_DEMAND' },
      RetentionPeriodHours: 7 * 24,
      StreamEncryption: {
        EncryptionType: 'KMS',
        KeyId: { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] },
      },
    });
    expect(DeletionPolicy).toBe('Retain');
  });

  it('is provisioned where that is set', async () => {
    const { one } = await synthesize({ streamMode: 'provisioned', shards: '3' });
    expect(one('AWS::Kinesis::Stream').Properties).toMatchObject({
      ShardCount: 3,
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
    });
  });

  it('is read from its start, in order, until a bound in age and none by count, and what is given up is kept whole', () => {
    const { Properties } = stack.one('AWS::Lambda::EventSourceMapping');
    expect(Properties).toEqual({
      FunctionName: { Ref: stack.one('AWS::Lambda::Function', 'Archive').id },
      EventSourceArn: { 'Fn::GetAtt': [stack.one('AWS::Kinesis::Stream').id, 'Arn'] },
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 10_000,
      MaximumBatchingWindowInSeconds: 30,
      ParallelizationFactor: 1,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRecordAgeInSeconds: 6 * 86_400,
      DestinationConfig: {
        OnFailure: {
          Destination: { 'Fn::GetAtt': [stack.one('AWS::S3::Bucket', 'StorageAside').id, 'Arn'] },
        },
      },
      MetricsConfig: { Metrics: ['EventCount'] },
    });
  });
});

describe('storage', () => {
  const encrypted = ['Ledger', 'State', 'Aside', 'Results'];

  it.each(encrypted)('%s is encrypted with the key, through bucket keys, and its access is logged', name => {
    expect(stack.one('AWS::S3::Bucket', `Storage${name}`).Properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            BucketKeyEnabled: true,
            ServerSideEncryptionByDefault: {
              SSEAlgorithm: 'aws:kms',
              KMSMasterKeyID: { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] },
            },
          },
        ],
      },
      LoggingConfiguration: {
        DestinationBucketName: { Ref: stack.one('AWS::S3::Bucket', 'StorageAccessLogs').id },
        LogFilePrefix: `${name.toLowerCase()}/`,
      },
    });
  });

  it.each([...encrypted, 'AccessLogs'])(
    '%s is private, over TLS 1.2 only, rid of unfinished uploads, and kept',
    name => {
      const { Properties, DeletionPolicy } = stack.one('AWS::S3::Bucket', `Storage${name}`);
      expect(Properties.PublicAccessBlockConfiguration).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
      expect(Properties.OwnershipControls).toEqual({ Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] });
      expect((Properties.LifecycleConfiguration as { Rules: object[] }).Rules).toContainEqual(
        expect.objectContaining({
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
          Status: 'Enabled',
        }),
      );
      expect(DeletionPolicy).toBe('Retain');
      const conditions = policyOf(name)
        .filter(({ Effect, Action }) => Effect === 'Deny' && Action === 's3:*')
        .map(({ Condition }) => Condition);
      expect(conditions).toEqual([
        { Bool: { 'aws:SecureTransport': 'false' } },
        { NumericLessThan: { 's3:TlsVersion': 1.2 } },
      ]);
    },
  );

  it('versions the ledger and the state, and expires the results alone', () => {
    const expiring = (name: string) =>
      (
        stack.one('AWS::S3::Bucket', `Storage${name}`).Properties.LifecycleConfiguration as {
          Rules: Record<string, unknown>[];
        }
      ).Rules.filter(rule => Object.keys(rule).some(member => member.includes('Expiration')));
    for (const name of ['Ledger', 'State']) {
      expect(stack.one('AWS::S3::Bucket', `Storage${name}`).Properties.VersioningConfiguration).toEqual({
        Status: 'Enabled',
      });
      expect(expiring(name), name).toEqual([]);
    }
    expect(expiring('Results')).toEqual([expect.objectContaining({ ExpirationInDays: 30 })]);
  });

  it('expires of what was put aside what has been deleted, and refused events after 90 days, and never locks it', async () => {
    const { Properties } = stack.one('AWS::S3::Bucket', 'StorageAside');
    expect(Properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
    expect((Properties.LifecycleConfiguration as { Rules: object[] }).Rules).toEqual([
      expect.objectContaining({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } }),
      {
        Id: 'deleted-versions-expire',
        Status: 'Enabled',
        NoncurrentVersionExpiration: { NoncurrentDays: 7 },
        ExpiredObjectDeleteMarker: true,
      },
      { Id: 'refused-items-expire', Status: 'Enabled', Prefix: 'refused/', ExpirationInDays: 90 },
    ]);
    const locked = await synthesize({ lockMode: 'governance' });
    expect(locked.one('AWS::S3::Bucket', 'StorageAside').Properties.ObjectLockEnabled).toBeUndefined();
  });

  it('lets tick delete what was put aside, manage what was refused, and archive alone put it there', () => {
    const may = (action: string): string[] =>
      stages.filter(stage =>
        stack
          .statementsOf(stageId(stage))
          .some(
            ({ Action, Resource }) =>
              list(Action).includes(action) &&
              list(Resource).some(resource => flat(resource).startsWith('<StorageAside')),
          ),
      );
    expect(may('s3:DeleteObject').sort()).toEqual(['manage', 'tick']);
    expect(may('s3:PutObject')).toEqual(['archive']);
    expect(may('s3:GetObject').sort()).toEqual(['finish', 'manage', 'tick']);
  });

  it('moves what is large enough of the ledger to cheaper storage with time, and nothing smaller', () => {
    const { Rules } = stack.one('AWS::S3::Bucket', 'StorageLedger').Properties.LifecycleConfiguration as {
      Rules: Record<string, unknown>[];
    };
    expect(Rules.filter(rule => rule.Transitions)).toEqual([
      expect.objectContaining({
        ObjectSizeGreaterThan: 131_072,
        Transitions: [{ StorageClass: 'INTELLIGENT_TIERING', TransitionInDays: 30 }],
      }),
    ]);
  });

  it('lets nobody delete from the ledger, or put to it without the condition that the key is free', () => {
    expect(denial('Ledger', 'NothingIsDeleted')).toMatchObject({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
    });
    expect(denial('Ledger', 'NothingIsDeleted').Condition).toBeUndefined();
    expect(denial('Ledger', 'NothingIsOverwritten')).toMatchObject({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 's3:PutObject',
      Condition: { Null: { 's3:if-none-match': 'true' } },
    });
  });

  it('lets nobody delete from the state but the indexes of what is open', () => {
    expect(denial('State', 'OnlyIndexesAreDeleted')).toMatchObject({
      Effect: 'Deny',
      Action: 's3:DeleteObject',
    });
    expect(list(denial('State', 'OnlyIndexesAreDeleted').NotResource).map(flat)).toEqual([
      expect.stringMatching(/\/exports-open\/\*$/),
      expect.stringMatching(/\/redrives\/\*$/),
      expect.stringMatching(/\/schedules-due\/\*$/),
      expect.stringMatching(/\/admin-changes-open\/\*$/),
      expect.stringMatching(/\/notices\/\*$/),
      expect.stringMatching(/\/refused-open\/\*$/),
      expect.stringMatching(/\/refused-ended\/\*$/),
    ]);
    expect(denial('State', 'HistoryIsKept')).toMatchObject({
      Effect: 'Deny',
      Action: 's3:DeleteObjectVersion',
    });
  });

  it('leaves a way for the break-glass role where there is one', async () => {
    const breakGlassRole = 'arn:aws:iam::123456789012:role/break-glass';
    const { one } = await synthesize({ breakGlassRole });
    const { Statement } = one('AWS::S3::BucketPolicy', 'StorageLedger').Properties.PolicyDocument as {
      Statement: Statement[];
    };
    const own = Statement.filter(({ Sid }) => Sid !== undefined);
    expect(own).toHaveLength(2);
    for (const { Condition } of own)
      expect(Condition).toMatchObject({ ArnNotEquals: { 'aws:PrincipalArn': breakGlassRole } });
  });

  it.each([
    ['governance', 'GOVERNANCE'],
    ['compliance', 'COMPLIANCE'],
  ])('locks the ledger in mode %s where that is set', async (lockMode, Mode) => {
    const { one } = await synthesize({ lockMode, lockDays: '400' });
    expect(one('AWS::S3::Bucket', 'StorageLedger').Properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: {
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode, Days: 400 } },
      },
    });
  });

  it('locks nothing by default', () => {
    expect(stack.one('AWS::S3::Bucket', 'StorageLedger').Properties.ObjectLockEnabled).toBeUndefined();
  });
});

describe('the table', () => {
  type TableInput = {
    Parameters: Record<string, unknown>;
    PartitionKeys: { Name: string; Type: string }[];
    StorageDescriptor: { Columns: { Name: string; Type: string }[]; SerdeInfo: object };
  };
  const input = () => stack.one('AWS::Glue::Table').Properties.TableInput as TableInput;

  it('has the columns of domain/, read by the SerDe of Hive', () => {
    const types = { varchar: 'string', integer: 'int', boolean: 'boolean' };
    expect(input().StorageDescriptor.Columns.map(({ Name, Type }) => [Name, Type])).toEqual(
      columns.map(({ name, type }) => [name, types[type]]),
    );
    expect(input().PartitionKeys.map(({ Name, Type }) => [Name, Type])).toEqual(
      partitionColumns.map(name => [name, 'string']),
    );
    expect(input().StorageDescriptor.SerdeInfo).toEqual({
      SerializationLibrary: 'org.apache.hive.hcatalog.data.JsonSerDe',
    });
  });

  it('projects its partitions: lanes, buckets, and UTC days from a fixed start to tomorrow', () => {
    expect(input().Parameters).toMatchObject({
      'projection.enabled': 'true',
      'projection.lane.type': 'enum',
      'projection.lane.values': 'ontime,late',
      'projection.bucket.type': 'integer',
      'projection.bucket.range': '0,31',
      'projection.bucket.digits': '2',
      'projection.date.type': 'date',
      'projection.date.format': 'yyyy-MM-dd',
      'projection.date.range': '2026-01-01,NOW+1DAYS',
      'projection.date.interval': '1',
      'projection.date.interval.unit': 'DAYS',
    });
  });

  it('finds by projection every key that archive writes, and no other', () => {
    const template = flat(input().Parameters['storage.location.template']).replace(/^s3:\/\/<\w+>\//, '');
    for (const bucket of [0, 7, 31])
      for (const lane of ['ontime', 'late'] as const) {
        const key = objectKey({
          lane,
          bucket,
          firstFiledAt: '2026-11-23T00:00:00.000000000Z',
          stream: 'annals',
          shard: 's',
          firstSequence: '1',
          lastSequence: '2',
          textSha256: 'ab'.repeat(32),
        });
        expect(parseObjectKey(key)).toBeDefined();
        const projected = template
          .replace(/\$\{lane\}/, lane)
          .replace(/\$\{bucket\}/, String(bucket).padStart(2, '0'))
          .replace(/\$\{date\}/, '2026-11-23');
        expect(key.startsWith(projected)).toBe(true);
        expect(key.slice(projected.length)).not.toContain('/');
      }
  });

  it('projects more than a hundred buckets under the names that they have', () => {
    expect(allBuckets(256).map(bucketName)).toEqual(allBuckets(256).map(n => String(n).padStart(2, '0')));
  });

  it('is queried in a work group that is deleted with the stack, however many queries it has run', () => {
    expect(stack.one('AWS::Athena::WorkGroup').Properties.RecursiveDeleteOption).toBe(true);
  });

  it('is queried in a work group that is enforced, pinned, encrypted, cut off and measured', () => {
    expect(stack.one('AWS::Athena::WorkGroup').Properties.WorkGroupConfiguration).toMatchObject({
      EnforceWorkGroupConfiguration: true,
      EngineVersion: { SelectedEngineVersion: 'Athena engine version 3' },
      PublishCloudWatchMetricsEnabled: true,
      BytesScannedCutoffPerQuery: 1024 ** 4,
      ResultConfiguration: { EncryptionConfiguration: { EncryptionOption: 'SSE_KMS' } },
    });
  });
});

describe('the doors', () => {
  type RouteProperties = { RouteKey: string; AuthorizationType: string; AuthorizerId?: unknown };
  const routesOf = ({ ofType }: Stack, door: string): [string, string][] =>
    ofType('AWS::ApiGatewayV2::Route')
      .filter(([id]) => id.startsWith(door))
      .map(
        ([, { Properties }]) =>
          [(Properties as RouteProperties).RouteKey, (Properties as RouteProperties).AuthorizationType] as [
            string,
            string,
          ],
      )
      .sort();
  const expected = (admits: readonly string[], type: string): [string, string][] =>
    routes
      .filter(({ function: name, access }) => name !== 'receive' && admits.includes(access))
      .map(({ key, access }) => [key, access === 'anyone' ? 'NONE' : type] as [string, string])
      .sort();

  it('let staff in under IAM, by every route but the emitters’', () => {
    expect(routesOf(stack, 'Staff')).toEqual(expected(['readers', 'operator', 'anyone'], 'AWS_IAM'));
  });

  it('let customers in by their tokens, to nothing of the operator’s, and only where there is an issuer', () => {
    expect(routesOf(stack, 'Customers')).toEqual([]);
    expect(stack.ofType('AWS::ApiGatewayV2::Api')).toHaveLength(1);
    expect(routesOf(customers, 'Customers')).toEqual(expected(['readers', 'anyone'], 'JWT'));
    expect(customers.one('AWS::ApiGatewayV2::Authorizer', 'Customers').Properties).toMatchObject({
      AuthorizerType: 'JWT',
      JwtConfiguration: { Issuer: 'https://login.example.com', Audience: ['annals'] },
      IdentitySource: ['$request.header.Authorization'],
    });
  });

  it('stand before the same functions', () => {
    const targets = (door: string) =>
      new Set(
        customers
          .ofType('AWS::ApiGatewayV2::Integration')
          .filter(([id]) => id.startsWith(door))
          .map(([, { Properties }]) => flat(Properties.IntegrationUri)),
      );
    for (const target of targets('Customers')) expect(targets('Staff')).toContain(target);
    expect(targets('Customers').size).toBe(3);
  });

  it('are throttled, and log who came', () => {
    for (const [id, { Properties }] of customers.ofType('AWS::ApiGatewayV2::Stage')) {
      expect(Properties, id).toMatchObject({
        DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
      });
      expect(Properties.AccessLogSettings, id).toBeDefined();
    }
  });
});

describe('finish and tick', () => {
  const rule = (prefix: string) =>
    stack.one('AWS::Events::Rule', prefix).Properties as { Targets: Record<string, unknown>[] } & Record<
      string,
      unknown
    >;

  it('hear of the ends of the work group’s own queries; what cannot be told or handled is kept', () => {
    expect(rule('Finish')).toMatchObject({
      EventPattern: {
        source: ['aws.athena'],
        'detail-type': ['Athena Query State Change'],
        detail: { workgroupName: ['Annals'], currentState: ['SUCCEEDED', 'FAILED', 'CANCELLED'] },
      },
    });
    const queue = { 'Fn::GetAtt': [stack.one('AWS::SQS::Queue').id, 'Arn'] };
    expect(rule('Finish').Targets[0]).toMatchObject({ DeadLetterConfig: { Arn: queue } });
    expect(stack.one('AWS::Lambda::EventInvokeConfig', 'Finish').Properties).toMatchObject({
      DestinationConfig: { OnFailure: { Destination: queue } },
      MaximumRetryAttempts: 2,
    });
    expect(stack.one('AWS::SQS::Queue').Properties).toMatchObject({
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 14 * 86_400,
    });
  });

  it('run each minute, and are not tried again where the next minute does it anyway', () => {
    expect(rule('Tick')).toMatchObject({ ScheduleExpression: 'rate(1 minute)', State: 'ENABLED' });
    expect(stack.one('AWS::Lambda::EventInvokeConfig', 'Tick').Properties).toMatchObject({
      MaximumRetryAttempts: 0,
    });
  });
});

describe('operations', () => {
  const alarms = ({ ofType }: Stack) =>
    ofType('AWS::CloudWatch::Alarm').map(
      ([, { Properties }]) =>
        Properties as {
          AlarmName: string;
          AlarmDescription: string;
          AlarmActions: unknown[];
          TreatMissingData: string;
        },
    );
  const headings = [...readFileSync(join(root, 'docs/runbook.md'), 'utf8').matchAll(/^## (.*)$/gm)].map(
    ([, heading]) => heading!,
  );

  it('have a section of the runbook for every alarm, and no other', () => {
    expect(
      alarms(customers)
        .map(({ AlarmName }) => AlarmName.replace(/^Annals-/, ''))
        .sort(),
    ).toEqual([...headings].sort());
  });

  it('link each alarm to its section, and tell the topic', () => {
    for (const { AlarmName, AlarmDescription, AlarmActions } of alarms(customers)) {
      expect(AlarmDescription).toMatch(
        new RegExp(`\\. docs/runbook\\.md#${AlarmName.replace(/^Annals-/, '')}$`),
      );
      expect(AlarmActions).toEqual([{ Ref: customers.one('AWS::SNS::Topic', 'Alarms').id }]);
    }
  });

  it.each(headings)('say of %s what it means, what to look at and what to do', heading => {
    const text = readFileSync(join(root, 'docs/runbook.md'), 'utf8');
    const [section] = text.slice(text.indexOf(`## ${heading}\n`) + 3).split('\n## ');
    expect(section).toContain('**Means.**');
    expect(section).toMatch(/\*\*Look at/);
    expect(section).toMatch(/\*\*Do\.\*\*|\*\*Look at, do\.\*\*/);
  });

  it('take silence about the log for trouble, and about errors for none', () => {
    for (const { AlarmName, TreatMissingData } of alarms(customers))
      expect(TreatMissingData, AlarmName).toBe(
        AlarmName === 'Annals-filing-lag' ? 'breaching' : 'notBreaching',
      );
  });

  it('tell a topic of the company’s own where there is one', async () => {
    const alarmTopic = 'arn:aws:sns:eu-west-1:123456789012:pager';
    const own = await synthesize({ alarmTopic });
    expect(own.ofType('AWS::SNS::Topic').map(([id]) => id)).toEqual([
      expect.stringMatching(/^Notifications/),
    ]);
    for (const { AlarmActions } of alarms(own)) expect(AlarmActions).toEqual([alarmTopic]);
  });

  it.each(['Alarms', 'Notifications'])('encrypt the topic of %s, and let it be told over TLS only', name => {
    expect(stack.one('AWS::SNS::Topic', name).Properties.KmsMasterKeyId).toBeDefined();
    expect(JSON.stringify(stack.one('AWS::SNS::TopicPolicy', name).Properties)).toContain(
      'aws:SecureTransport',
    );
  });

  it('publish the ends of exports to a topic of the company’s own if there is one, of which the settings say', async () => {
    const notificationTopic = 'arn:aws:sns:eu-west-1:123456789012:exports';
    const { statementsOf, one } = await synthesize({ notificationTopic, notificationEvents: 'all' });
    const variablesOf = (id: string, of = one) =>
      (of('AWS::Lambda::Function', id).Properties.Environment as { Variables: Record<string, string> })
        .Variables;
    for (const stage of ['Export', 'Finish', 'Tick']) {
      expect(statementsOf(stage)).toContainEqual({
        Effect: 'Allow',
        Action: 'sns:Publish',
        Resource: notificationTopic,
      });
      expect(variablesOf(stage)).toMatchObject({
        ANNALS_NOTIFICATION_TOPIC: notificationTopic,
        ANNALS_NOTIFICATION_EVENTS: 'all',
      });
      expect(variablesOf(stage, stack.one).ANNALS_NOTIFICATION_EVENTS).toBe('schedules');
    }
  });

  it.each(['Export', 'Finish', 'Tick'])('let %s publish to the topic of its own, with the key', stage => {
    const statements = stack.statementsOf(stage);
    expect(statements).toContainEqual({
      Effect: 'Allow',
      Action: 'sns:Publish',
      Resource: { Ref: stack.one('AWS::SNS::Topic', 'Notifications').id },
    });
    expect(statements).toContainEqual({
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: stack.one('AWS::SNS::Topic', 'Notifications').Properties.KmsMasterKeyId,
      Condition: {
        StringEquals: {
          'kms:ViaService': [{ 'Fn::Join': ['', ['sns.', { Ref: 'AWS::Region' }, '.amazonaws.com']] }],
        },
      },
    });
  });

  it('cost what docs/deploy.md says: so many alarms and metrics, and the sum of its lines', () => {
    const page = readFileSync(join(root, 'docs/deploy.md'), 'utf8');
    const [, alarmCount, metricCount, price] = /^\| (\d+) alarms, (\d+) metrics, .*\| ([\d.]+) \|$/m.exec(
      page,
    )!;
    expect([Number(alarmCount), Number(metricCount)]).toEqual([
      alarms(stack).length,
      Object.keys(metricUnits).length,
    ]);
    expect(Number(price)).toBeCloseTo(0.1 * Number(alarmCount) + 0.3 * Number(metricCount) + 3, 2);
    const [table] = page.split('**Idle, a month (730 hours)**')[1]!.split('**together**') as [string];
    const prices = [...table.matchAll(/\| ([\d.]+) \|$/gm)].map(([, dollars]) => Number(dollars));
    const sum = prices.reduce((a, b) => a + b, 0);
    const [, onDemand, provisioned] =
      /\*\*together\*\* \| \| \*\*(\d+)\*\* \(provisioned, one shard: \*\*(\d+)\*\*\)/.exec(page)!;
    expect([Number(onDemand), Number(provisioned)]).toEqual([
      Math.round(sum),
      Math.round(sum - 29.2 + 10.95),
    ]);
  });

  it('have one dashboard', () => {
    expect(stack.ofType('AWS::CloudWatch::Dashboard')).toHaveLength(1);
  });

  it('are told by outputs where everything is', () => {
    const names = Object.keys((customers.template.toJSON() as { Outputs: object }).Outputs);
    expect(names.sort()).toEqual(
      [
        'EventsUrl',
        'StaffUrl',
        'CustomersUrl',
        'EmittersPolicy',
        'DirectEmittersPolicy',
        'StaffPolicy',
        'LedgerBucket',
        'StateBucket',
        'AsideBucket',
        'ResultsBucket',
        'StreamName',
        'WorkGroup',
        'Database',
        'AlarmTopic',
        'NotificationTopic',
      ].sort(),
    );
  });

  it('rotate the key, and keep it when the stack is deleted', () => {
    const { Properties, DeletionPolicy } = stack.one('AWS::KMS::Key');
    expect(Properties.EnableKeyRotation).toBe(true);
    expect(DeletionPolicy).toBe('Retain');
  });
});
