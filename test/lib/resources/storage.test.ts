import { beforeAll, describe, expect, it } from 'vitest';
import { variablesOf } from '#aws/environment.ts';
import { flat, list, type Statement, synthesize } from '#test/lib/synth.ts';

type Stack = Awaited<ReturnType<typeof synthesize>>;
const stages = Object.keys(variablesOf) as (keyof typeof variablesOf)[];
/** The logical id of what a stage's function has. */
const stageId = (stage: string): string => `${stage[0]!.toUpperCase()}${stage.slice(1)}Function`;

let stack: Stack;
beforeAll(async () => {
  stack = await synthesize();
});

const policyOf = (bucket: string): Statement[] =>
  (
    stack.one('AWS::S3::BucketPolicy', `Storage${bucket}`).Properties.PolicyDocument as {
      Statement: Statement[];
    }
  ).Statement;
const denial = (bucket: string, sid: string): Statement => policyOf(bucket).find(({ Sid }) => Sid === sid)!;

describe('storage', () => {
  const encrypted = ['Ledger', 'State', 'Views', 'Aside', 'Results'];

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
      const { Properties, DeletionPolicy, UpdateReplacePolicy } = stack.one(
        'AWS::S3::Bucket',
        `Storage${name}`,
      );
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
      expect(DeletionPolicy).toBe('RetainExceptOnCreate');
      expect(UpdateReplacePolicy).toBe('Retain');
      const conditions = policyOf(name)
        .filter(({ Effect, Action }) => Effect === 'Deny' && Action === 's3:*')
        .map(({ Condition }) => Condition);
      expect(conditions).toEqual([
        { Bool: { 'aws:SecureTransport': 'false' } },
        { NumericLessThan: { 's3:TlsVersion': 1.2 } },
      ]);
    },
  );

  it.each([...encrypted, 'AccessLogs'])('%s keeps its policy as long as it is kept itself', name => {
    expect(stack.one('AWS::S3::BucketPolicy', `Storage${name}`)).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
  });

  it('versions the ledger and the state, and expires the results and deleted secrets alone', () => {
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
    }
    expect(expiring('Ledger')).toEqual([]);
    expect(expiring('State')).toEqual([
      expect.objectContaining({
        Prefix: 'delivery-secrets/',
        NoncurrentVersionExpiration: { NoncurrentDays: 7 },
      }),
    ]);
    expect(stack.one('AWS::S3::Bucket', 'StorageViews').Properties.VersioningConfiguration).toBeUndefined();
    expect(expiring('Views')).toEqual([]);
    expect(expiring('Results')).toEqual([expect.objectContaining({ ExpirationInDays: 30 })]);
  });

  it('expires what was deleted from aside, and refused events after 90 days, and never locks it', async () => {
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

  it('lets tick delete what was put aside, manage delete refused items, and only archive put them there', () => {
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
    expect(may('s3:GetObject').sort()).toEqual(['browse', 'deliver', 'finish', 'manage', 'tick']);
  });

  it('moves objects of the ledger that are large enough to cheaper storage over time', () => {
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

  it('lets nobody delete from the state, except from the indexes of open work, and secrets of deliveries', () => {
    expect(denial('State', 'OnlyIndexesAreDeleted')).toMatchObject({
      Effect: 'Deny',
      Action: 's3:DeleteObject',
    });
    expect(list(denial('State', 'OnlyIndexesAreDeleted').NotResource).map(flat)).toEqual([
      expect.stringMatching(/\/exports-open\/\*$/),
      expect.stringMatching(/\/redrives\/\*$/),
      expect.stringMatching(/\/schedules-due\/\*$/),
      expect.stringMatching(/\/admin-changes-open\/\*$/),
      expect.stringMatching(/\/deliveries-open\/\*$/),
      expect.stringMatching(/\/delivery-secrets\/\*$/),
      expect.stringMatching(/\/notices\/\*$/),
      expect.stringMatching(/\/refused-open\/\*$/),
      expect.stringMatching(/\/refused-ended\/\*$/),
    ]);
    expect(denial('State', 'HistoryIsKept')).toMatchObject({
      Effect: 'Deny',
      Action: 's3:DeleteObjectVersion',
    });
  });

  it('leaves a way for the break-glass role if one is set', async () => {
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

  it('locks the ledger in mode governance for a year by default, and nothing with lockMode=none', async () => {
    expect(stack.one('AWS::S3::Bucket', 'StorageLedger').Properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 365 } } },
    });
    const { Properties } = (await synthesize({ lockMode: 'none' })).one('AWS::S3::Bucket', 'StorageLedger');
    expect(Properties.ObjectLockEnabled).toBe(true);
    expect(Properties.ObjectLockConfiguration).toBeUndefined();
  });

  it('changes the mode without another ledger: nothing else of the bucket differs', async () => {
    const ledgers = await Promise.all(
      [{ lockMode: 'none' }, {}, { lockMode: 'compliance', lockDays: 30 }].map(async settings => {
        const { id, Properties } = (await synthesize(settings)).one('AWS::S3::Bucket', 'StorageLedger');
        // CloudFormation changes this member of a bucket without interruption.
        const { ObjectLockConfiguration: _, ...others } = Properties;
        return { id, others };
      }),
    );
    expect(ledgers[1]).toEqual(ledgers[0]);
    expect(ledgers[2]).toEqual(ledgers[0]);
  });
});
