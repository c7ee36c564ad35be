import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack as BaseStack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { beforeAll, describe, expect, it } from 'vitest';
import { allBuckets, bucketName } from '#domain/archive/bucket.ts';
import { columns, partitionColumns } from '#domain/archive/columns.ts';
import { objectKey, parseObjectKey } from '#domain/archive/layout.ts';
import { segmentKey } from '#domain/compact/layout.ts';
import { metricUnits } from '#domain/metrics.ts';
import { AnnalsStack } from '#lib/stack.ts';
import type { AnnalsStackProps } from '#lib/stack-props.ts';
import { flat, list, type Statement, synthesize } from './synth.ts';

type Stack = Awaited<ReturnType<typeof synthesize>>;
const root = join(import.meta.dirname, '../..');
/** The logical id of what a stage's function has. */
const stageId = (stage: string): string => `${stage[0]!.toUpperCase()}${stage.slice(1)}Function`;

let stack: Stack;
let customers: Stack;
beforeAll(async () => {
  stack = await synthesize();
  customers = await synthesize({ jwtIssuer: 'https://login.example.com', jwtAudience: 'annals' });
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
      expect.objectContaining({ Action: 'cloudformation:DescribeStacks' }),
    ]);
  });

  it('lets roles of other accounts use the URL if they are named, each in full', async () => {
    const roles = ['shop', 'billing'].map(name => `arn:aws:iam::999999999999:role/${name}`);
    const { ofType, one } = await synthesize({ emitterRoles: roles.join(', ') });
    const granted = ofType('AWS::Lambda::Permission')
      .map(([, { Properties }]) => Properties)
      .filter(({ Principal }) => roles.includes(Principal as string));
    const FunctionName = { 'Fn::GetAtt': [one('AWS::Lambda::Function', 'Receive').id, 'Arn'] };
    expect(granted).toEqual(
      roles.flatMap(Principal => [
        { Action: 'lambda:InvokeFunctionUrl', FunctionName, FunctionUrlAuthType: 'AWS_IAM', Principal },
        { Action: 'lambda:InvokeFunction', FunctionName, InvokedViaFunctionUrl: true, Principal },
      ]),
    );
    const named = stack.ofType('AWS::Lambda::Permission').map(([, { Properties }]) => Properties.Principal);
    expect(
      named.filter(principal => !/^(events|apigateway)\.amazonaws\.com$/.test(String(principal))),
    ).toEqual([]);
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

  it('replaces readers before writers: finish, tick, deliver and manage before archive, archive before receive', () => {
    expect(dependsOn('archive')).toEqual(expect.arrayContaining(['Finish', 'Tick', 'Deliver', 'Manage']));
    expect(dependsOn('receive')).toContain('Archive');
  });

  it('never gives what holds data another name, since that would be another place, without its data', () => {
    const kept = Object.entries(stack.resources)
      .filter(([, { DeletionPolicy }]) => DeletionPolicy === 'RetainExceptOnCreate')
      .map(([id, { Type }]) => `${Type} ${id}`);
    expect(kept.filter(line => !line.startsWith('AWS::S3::BucketPolicy')).sort()).toMatchInlineSnapshot(`
      [
        "AWS::KMS::Key Key961B73FD",
        "AWS::Kinesis::Stream EventStreamA212D9D0",
        "AWS::S3::Bucket StorageAccessLogs96FB524C",
        "AWS::S3::Bucket StorageAside15597250",
        "AWS::S3::Bucket StorageLedger5E7CB2E3",
        "AWS::S3::Bucket StorageResultsB2A4FB2E",
        "AWS::S3::Bucket StorageStateA15002BE",
        "AWS::S3::Bucket StorageViewsA94D150B",
        "AWS::SecretsManager::Secret DeliveryKeySecretDA12A962",
      ]
    `);
  });
});

describe('a first deploy', () => {
  it('that fails leaves nothing: nothing is kept unconditionally, and nothing is stored until it is done', () => {
    for (const [id, { DeletionPolicy }] of Object.entries(stack.resources))
      expect(['Delete', 'RetainExceptOnCreate', undefined], id).toContain(DeletionPolicy);
    const minute = new Set(list(stack.one('AWS::Events::Rule', 'Tick').DependsOn ?? []));
    const beforeIt = [
      'Archive',
      'Receive',
      'Export',
      'Describe',
      'Staff',
      'Alarms',
      'Overview',
      'EventTable',
    ];
    for (const [id, { Type }] of Object.entries(stack.resources))
      if (beforeIt.some(part => id.startsWith(part)) && Type !== 'AWS::Lambda::Permission')
        expect(minute, id).toContain(id);
  });

  it('can be repeated: termination protection comes with the next one', async () => {
    const protection = (props: AnnalsStackProps) =>
      new AnnalsStack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Annals', props)
        .terminationProtection;
    expect([protection({ terminationProtection: false }), protection({})]).toEqual([false, true]);
  });
});

describe('two installations in one account', () => {
  /** These have their names within something that has a name of its own. */
  const within = ['AWS::Lambda::Alias', 'AWS::ApiGatewayV2::Stage', 'AWS::ApiGatewayV2::Authorizer'];
  /** The names that a template gives, instead of leaving them to CloudFormation. */
  const namesOf = ({ resources }: Stack): string[] =>
    Object.values(resources)
      .filter(({ Type }) => !within.includes(Type))
      .flatMap(({ Type, Properties = {} }) =>
        Object.entries({ ...Properties, Database: (Properties.DatabaseInput as { Name?: string })?.Name })
          .filter(
            ([key]) => /^(\w*Name|Database)$/.test(key) && key !== 'MetricName' && key !== 'DatabaseName',
          )
          .filter(([, value]) => typeof value === 'string')
          .map(([key, value]) => `${Type} ${key} ${String(value)}`),
      );

  it('have no name in common', async () => {
    const second = namesOf(await synthesize({ stackName: 'Second' }));
    const first = namesOf(stack);
    expect(first.length).toBeGreaterThan(15);
    expect(first.filter(name => second.includes(name))).toEqual([]);
  });
});

describe('the table', () => {
  type TableInput = {
    Parameters: Record<string, unknown>;
    PartitionKeys: { Name: string; Type: string }[];
    StorageDescriptor: { Columns: { Name: string; Type: string }[]; SerdeInfo: object };
  };
  const input = (name = 'Events') =>
    stack.one('AWS::Glue::Table', `EventTable${name}`).Properties.TableInput as TableInput;

  it('of segments has the same columns and partitions, below a location of its own, as Parquet', () => {
    const [events, segments] = [input(), input('Segments')];
    expect(segments.StorageDescriptor.Columns).toEqual(events.StorageDescriptor.Columns);
    expect(segments.PartitionKeys).toEqual(events.PartitionKeys);
    const projection = (table: TableInput) =>
      Object.entries(table.Parameters).filter(([name]) => name.startsWith('projection.'));
    expect(projection(segments)).toEqual(projection(events));
    const template = flat(segments.Parameters['storage.location.template']);
    const key = segmentKey({ lane: 'late', bucket: 7, date: '2026-11-23', n: 0, sha256: 'ab'.repeat(32) });
    const projected = template
      .replace(/^s3:\/\/<\w+>\//, '')
      .replace(/\$\{lane\}/, 'late')
      .replace(/\$\{bucket\}/, '07')
      .replace(/\$\{date\}/, '2026-11-23');
    expect(key.startsWith(projected)).toBe(true);
    expect(template).toContain('StorageViews');
    expect(segments.StorageDescriptor.SerdeInfo).toEqual({
      SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
    });
  });

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

describe('finish and tick', () => {
  const rule = (prefix: string) =>
    stack.one('AWS::Events::Rule', prefix).Properties as { Targets: Record<string, unknown>[] } & Record<
      string,
      unknown
    >;

  it('receive the ends of the work group’s own queries; events that cannot be delivered or handled are kept', () => {
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

  it('run each minute, and are not retried, since the next minute does it anyway', () => {
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
          AlarmDescription: unknown;
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

  it('say with each alarm where its section is, and tell the topic', async () => {
    const url = flat({
      'Fn::Join': [
        '',
        [
          'https://',
          { Ref: 'AWS::Region' },
          '.console.aws.amazon.com/cloudwatch/home?region=',
          { Ref: 'AWS::Region' },
          '#dashboards/dashboard/Annals',
        ],
      ],
    });
    for (const { AlarmName, AlarmDescription, AlarmActions } of alarms(customers)) {
      const heading = AlarmName.replace(/^Annals-/, '');
      expect(flat(AlarmDescription)).toMatch(/^\w[^\n]*\. What to do is on the dashboard, under "/);
      expect(flat(AlarmDescription)).toContain(`under "${heading}": ${url}`);
      expect(AlarmActions).toEqual([{ Ref: customers.one('AWS::SNS::Topic', 'Alarms').id }]);
    }
    const own = await synthesize({ runbookUrl: 'https://wiki.example.com/annals' });
    for (const { AlarmName, AlarmDescription } of alarms(own))
      expect(AlarmDescription).toMatch(
        new RegExp(`\\. https://wiki\\.example\\.com/annals#${AlarmName.replace(/^Annals-/, '')}$`),
      );
  });

  it.each(headings)('say of %s what it means, what to look at and what to do', heading => {
    const text = readFileSync(join(root, 'docs/runbook.md'), 'utf8');
    const [section] = text.slice(text.indexOf(`## ${heading}\n`) + 3).split('\n## ');
    expect(section).toContain('**Means.**');
    expect(section).toMatch(/\*\*Look at/);
    expect(section).toMatch(/\*\*Do\.\*\*|\*\*Look at, do\.\*\*/);
  });

  it('treat missing data about the log as trouble, and missing data about errors as fine', () => {
    for (const { AlarmName, TreatMissingData } of alarms(customers))
      expect(TreatMissingData, AlarmName).toBe(
        ['Annals-filing-lag', 'Annals-compaction-lag'].includes(AlarmName as string)
          ? 'breaching'
          : 'notBreaching',
      );
  });

  it('notify a topic of the company’s own if one is set', async () => {
    const alarmTopic = 'arn:aws:sns:eu-west-1:123456789012:pager';
    const own = await synthesize({ alarmTopic });
    expect(own.ofType('AWS::SNS::Topic').map(([id]) => id)).toEqual([
      expect.stringMatching(/^Notifications/),
    ]);
    for (const { AlarmActions } of alarms(own)) expect(AlarmActions).toEqual([alarmTopic]);
  });

  it.each(['Alarms', 'Notifications'])(
    'encrypt the topic of %s, and allow publishing over TLS only',
    name => {
      expect(stack.one('AWS::SNS::Topic', name).Properties.KmsMasterKeyId).toBeDefined();
      expect(JSON.stringify(stack.one('AWS::SNS::TopicPolicy', name).Properties)).toContain(
        'aws:SecureTransport',
      );
    },
  );

  it('publish the ends of exports that the settings name to the company’s own topic, if it has one', async () => {
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

  it('have one dashboard, which holds the section of each alarm, without links into this repository', () => {
    const body = flat(customers.one('AWS::CloudWatch::Dashboard').Properties.DashboardBody);
    const { widgets } = JSON.parse(body) as { widgets: { type: string; properties: { markdown: string } }[] };
    const texts = widgets.filter(({ type }) => type === 'text').map(({ properties }) => properties.markdown);
    expect(texts.map(text => text.split('\n')[0]!.slice(3)).sort()).toEqual([...headings].sort());
    for (const text of texts) {
      expect(text).toContain('**Means.**');
      expect(text).not.toMatch(/\]\(/);
    }
  });

  it('are named by outputs, each with a description', () => {
    const { Outputs } = customers.template.toJSON() as { Outputs: Record<string, { Description?: string }> };
    for (const [name, { Description }] of Object.entries(Outputs))
      expect(Description, name).toMatch(/^[A-Z].{20,}[^.]$/);
    const names = Object.keys(Outputs);
    expect(names.sort()).toEqual(
      [
        'EventsUrl',
        'StaffUrl',
        'CustomersUrl',
        'EmittersPolicy',
        'DirectEmittersPolicy',
        'StaffPolicy',
        'ContractPolicy',
        'Settings',
        'LedgerBucket',
        'StateBucket',
        'ViewsBucket',
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
    expect(DeletionPolicy).toBe('RetainExceptOnCreate');
  });
});

describe('in an app of a company’s own', () => {
  const appWith = (context: Record<string, unknown> = {}) =>
    new App({ context: { ...context, 'aws:cdk:bundling-stacks': [] } });

  it('has the same resources, whatever feature flags of CDK the app has', async () => {
    const flags = JSON.parse(
      readFileSync(join(root, 'node_modules/aws-cdk-lib/recommended-feature-flags.json'), 'utf8'),
    ) as Record<string, unknown>;
    expect(Object.keys(flags).length).toBeGreaterThan(20);
    const own = await synthesize({}, {}, flags);
    const keptOf = ({ resources }: Stack) =>
      Object.entries(resources)
        .filter(([, { UpdateReplacePolicy }]) => UpdateReplacePolicy === 'Retain')
        .map(([id, { Type, Properties }]) => [id, Type, Type === 'AWS::S3::Bucket' ? Properties : undefined]);
    expect(keptOf(own)).toEqual(keptOf(stack));
    expect(
      Object.values(own.resources)
        .map(({ Type }) => Type)
        .sort(),
    ).toEqual(
      Object.values(stack.resources)
        .map(({ Type }) => Type)
        .sort(),
    );
  });

  it('lets a role of its account send, and refuses to pretend that it lets one of another', () => {
    const app = appWith();
    const env = { account: '111122223333', region: 'eu-west-1' };
    const annals = new AnnalsStack(app, 'Annals', { env });
    const other = new BaseStack(app, 'Other', { env: { ...env, account: '999999999999' } });
    const near = new BaseStack(app, 'Near', { env });
    const roleOf = (scope: BaseStack) =>
      new Role(scope, 'Role', {
        roleName: 'shop',
        assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'),
      });
    annals.grantSend(roleOf(near)).assertSuccess();
    expect(() => annals.grantSend(roleOf(other))).toThrow('name it in emitterRoles');
  });

  it('refuses a catalogue that nobody has read, and a region without function URLs', async () => {
    expect(() => new AnnalsStack(appWith(), 'Annals', { catalogue: './events' })).toThrow(
      'await AnnalsStack.create(',
    );
    await expect(AnnalsStack.create(appWith(), 'Annals', { catalogue: './no-such-folder' })).rejects.toThrow(
      'no-such-folder',
    );
    const env = { account: '111122223333', region: 'ca-west-1' };
    expect(() => new AnnalsStack(appWith(), 'Annals', { env })).toThrow('Lambda has no function URLs there');
  });
});
