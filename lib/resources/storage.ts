/**
 * The buckets: the ledger, which only grows; the state, which is versioned and never expires; aside, which
 * holds what could not be filed until some days after its gap has ended; the views, which are derived from the
 * ledger and can be made again; and the results, which expire. Besides them a bucket for the logs of who accessed them.
 */
import { Duration } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  ObjectLockRetention,
  ObjectOwnership,
  StorageClass,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { openAdminChangesPrefix } from '#domain/access/layout.ts';
import { redrivesPrefix } from '#domain/archive/layout.ts';
import { deliverySecretsPrefix, openDeliveriesPrefix } from '#domain/deliver/layout.ts';
import { activeExportsPrefix } from '#domain/export/layout.ts';
import { noticesPrefix } from '#domain/export/notice-layout.ts';
import { endedRefusedPrefix, openRefusedPrefix, refusedRoot } from '#domain/refused/layout.ts';
import { schedulesDuePrefix } from '#domain/schedule/layout.ts';
import { acknowledge } from '#lib/function/acknowledge.ts';
import type { Settings } from '#lib/settings.ts';
import { kept } from './kept.ts';

export type StorageProps = { key: IKey; settings: Settings };

/** S3 moves no smaller object, since cheaper classes charge for at least this much. */
const tieredBytes = 128 * 1024;
const unfinishedUploads = {
  id: 'unfinished-uploads',
  abortIncompleteMultipartUploadAfter: Duration.days(7),
};

export class Storage extends Construct {
  readonly #breakGlassRole: string | undefined;
  readonly ledger: Bucket;
  readonly state: Bucket;
  readonly aside: Bucket;
  readonly views: Bucket;
  readonly results: Bucket;

  constructor(scope: Construct, id: string, { key, settings }: StorageProps) {
    super(scope, id);
    this.#breakGlassRole = settings.breakGlassRole;
    const isPrivate = {
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: kept,
    } satisfies BucketProps;
    const access = new Bucket(this, 'AccessLogs', {
      ...isPrivate,
      // S3 does not deliver access logs to a bucket that is encrypted with a KMS key.
      encryption: BucketEncryption.S3_MANAGED,
      lifecycleRules: [
        unfinishedUploads,
        { id: 'old-access-logs', expiration: Duration.days(settings.accessLogDays) },
      ],
    });
    acknowledge(access, 'AwsSolutions-S1', 'It holds the access logs of the other buckets');
    const isEncrypted = (name: string) =>
      ({
        ...isPrivate,
        encryption: BucketEncryption.KMS,
        encryptionKey: key,
        bucketKeyEnabled: true,
        serverAccessLogsBucket: access,
        serverAccessLogsPrefix: `${name}/`,
      }) satisfies BucketProps;

    this.ledger = new Bucket(this, 'Ledger', {
      ...isEncrypted('ledger'),
      versioned: true,
      ...lockOf(settings),
      lifecycleRules: [
        unfinishedUploads,
        {
          id: 'cheaper-with-time',
          objectSizeGreaterThan: tieredBytes,
          transitions: [
            {
              storageClass: StorageClass.INTELLIGENT_TIERING,
              transitionAfter: Duration.days(settings.coldAfterDays),
            },
          ],
        },
      ],
    });
    acknowledge(
      this.ledger,
      'CloudFormation-Validate::W9003',
      'CDK writes the size as a number, which is taken',
    );
    const { breakGlassRole } = settings;
    const toAllButBreakGlass =
      breakGlassRole === undefined ? {} : { ArnNotEquals: { 'aws:PrincipalArn': breakGlassRole } };
    const deny = (
      bucket: Bucket,
      sid: string,
      change: Partial<ConstructorParameters<typeof PolicyStatement>[0]>,
    ) =>
      bucket.addToResourcePolicy(
        new PolicyStatement({
          sid,
          effect: Effect.DENY,
          principals: [new AnyPrincipal()],
          conditions: toAllButBreakGlass,
          ...change,
        }),
      );
    deny(this.ledger, 'NothingIsDeleted', {
      actions: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
      resources: [this.ledger.arnForObjects('*')],
    });
    // Athena would read the second version of an object from then on.
    deny(this.ledger, 'NothingIsOverwritten', {
      actions: ['s3:PutObject'],
      resources: [this.ledger.arnForObjects('*')],
      conditions: { ...toAllButBreakGlass, Null: { 's3:if-none-match': 'true' } },
    });

    this.state = new Bucket(this, 'State', {
      ...isEncrypted('state'),
      versioned: true,
      lifecycleRules: [
        unfinishedUploads,
        {
          id: 'deleted-secrets-expire',
          prefix: deliverySecretsPrefix,
          noncurrentVersionExpiration: Duration.days(7),
          expiredObjectDeleteMarker: true,
        },
      ],
    });
    deny(this.state, 'HistoryIsKept', {
      actions: ['s3:DeleteObjectVersion'],
      resources: [this.state.arnForObjects('*')],
    });
    deny(this.state, 'OnlyIndexesAreDeleted', {
      actions: ['s3:DeleteObject'],
      notResources: [
        activeExportsPrefix,
        redrivesPrefix,
        schedulesDuePrefix,
        openAdminChangesPrefix,
        openDeliveriesPrefix,
        deliverySecretsPrefix,
        noticesPrefix,
        openRefusedPrefix,
        endedRefusedPrefix,
      ].map(prefix => this.state.arnForObjects(`${prefix}*`)),
    });

    // Never locked: it must be possible to purge what was sent by mistake. S3 expires nothing of gaps, since
    // it cannot know which have ended: tick deletes that, and it can be restored for a week. tick deletes
    // refused items once they have been kept long enough; what it missed would be deleted here, up to a day
    // later.
    this.aside = new Bucket(this, 'Aside', {
      ...isEncrypted('aside'),
      versioned: true,
      lifecycleRules: [
        unfinishedUploads,
        {
          id: 'deleted-versions-expire',
          noncurrentVersionExpiration: Duration.days(7),
          expiredObjectDeleteMarker: true,
        },
        {
          id: 'refused-items-expire',
          prefix: refusedRoot,
          expiration: Duration.days(settings.refusedDays),
        },
      ],
    });

    this.views = new Bucket(this, 'Views', { ...isEncrypted('views'), lifecycleRules: [unfinishedUploads] });

    this.results = new Bucket(this, 'Results', {
      ...isEncrypted('results'),
      lifecycleRules: [
        unfinishedUploads,
        { id: 'results-expire', expiration: Duration.days(settings.resultsDays) },
      ],
    });

    // Without its policy, a bucket that outlives the stack would let anyone delete.
    for (const bucket of [access, this.ledger, this.state, this.aside, this.views, this.results])
      bucket.policy!.applyRemovalPolicy(kept);
  }

  /** Nobody else, apart from the break-glass role, puts or deletes its objects, whatever their policies allow. */
  onlyChangedBy(bucket: Bucket, { roleArn }: IRole): void {
    const spared = [roleArn, ...(this.#breakGlassRole === undefined ? [] : [this.#breakGlassRole])];
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'OnlyCompactChangesIt',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['s3:PutObject', 's3:DeleteObject'],
        resources: [bucket.arnForObjects('*')],
        conditions: { ArnNotEquals: { 'aws:PrincipalArn': spared } },
      }),
    );
  }
}

/**
 * The mode decides only for how long new objects are locked, and changes without another bucket. Object Lock
 * itself is enabled from the first deploy on: enabling it later may replace the bucket, and exports would be
 * complete without earlier events. See docs/decisions/0013-the-ledger-is-locked-in-mode-governance.md.
 *
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-s3-bucket-objectlockconfiguration.html
 */
const lockOf = ({
  lockMode,
  lockDays,
}: Settings): Pick<BucketProps, 'objectLockEnabled' | 'objectLockDefaultRetention'> => {
  const retain = Duration.days(lockDays);
  switch (lockMode) {
    case 'none':
      return { objectLockEnabled: true };
    case 'governance':
      return { objectLockEnabled: true, objectLockDefaultRetention: ObjectLockRetention.governance(retain) };
    case 'compliance':
      return { objectLockEnabled: true, objectLockDefaultRetention: ObjectLockRetention.compliance(retain) };
  }
};
