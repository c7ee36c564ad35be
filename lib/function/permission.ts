/**
 * What a function may do, as its stage's file states it. A resource with a wildcard needs a reason, which
 * acknowledges cdk-nag's finding about exactly that resource; a wildcard without a reason fails the
 * synthesis.
 */
import { Stack, Validations } from 'aws-cdk-lib';
import { type Conditions, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { flattenCfnReference } from 'cdk-nag/lib/utils/flatten-cfn-reference.js';
import type { IConstruct } from 'constructs';
import { adminsPrefix, openAdminChangesPrefix } from '#domain/access/layout.ts';
import {
  activeExportsPrefix,
  allExportsPrefix,
  exportsByScopePrefix,
  exportsRoot,
} from '#domain/export/layout.ts';
import { schedulesDuePrefix, schedulesPrefix } from '#domain/schedule/layout.ts';

export type Permission = {
  actions: string[];
  resources: string[];
  conditions?: Conditions;
  /** Why a resource has a wildcard. */
  reason?: string;
};

export const statementOf = ({ actions, resources, conditions }: Permission): PolicyStatement =>
  new PolicyStatement({ actions, resources, ...(conditions ? { conditions } : {}) });

/** Acknowledges the findings about wildcards that have a reason, each by its full id. */
export const acknowledgeWildcards = (construct: IConstruct, permissions: readonly Permission[]): void => {
  for (const { resources, reason } of permissions) {
    if (reason === undefined) continue;
    for (const resource of resources) {
      const id = flattenCfnReference(Stack.of(construct).resolve(resource));
      if (id.includes('*'))
        Validations.of(construct).acknowledge({ id: `AwsSolutions-IAM5[Resource::${id}]`, reason });
    }
  }
};

/** An action on the objects of a bucket: on a whole prefix if it ends with `/`, on one key otherwise. */
export const objects = (
  action: 's3:GetObject' | 's3:PutObject' | 's3:DeleteObject' | 's3:AbortMultipartUpload',
  bucket: Bucket,
  places: readonly string[],
): Permission => ({
  actions: [action],
  resources: places.map(place => bucket.arnForObjects(place.endsWith('/') ? `${place}*` : place)),
  reason:
    'The keys below a prefix are not known in advance: they are made from times, sequence numbers and ids',
});

/**
 * Listing a bucket. It has no condition on the prefix, since that would not apply to GetObject: S3 answers
 * 403 instead of 404 for a missing key if the caller may not list.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export const listing = (bucket: Bucket): Permission => ({
  actions: ['s3:ListBucket'],
  resources: [bucket.bucketArn],
});

/** Use of the key, through these services only. */
export const encryption = (
  key: IKey,
  actions: ('kms:Decrypt' | 'kms:GenerateDataKey')[],
  services: ('s3' | 'kinesis' | 'sns')[],
): Permission => {
  const { region } = Stack.of(key);
  return {
    actions,
    resources: [key.keyArn],
    conditions: {
      StringEquals: { 'kms:ViaService': services.map(service => `${service}.${region}.amazonaws.com`) },
    },
  };
};

/** Reading the outputs of the stack, among which are its URLs: what `--stack` begins with. */
export const outputs = (scope: IConstruct): Permission => ({
  actions: ['cloudformation:DescribeStacks'],
  resources: [
    Stack.of(scope).formatArn({
      service: 'cloudformation',
      resource: 'stack',
      resourceName: `${Stack.of(scope).stackName}/*`,
    }),
  ],
  reason: 'CloudFormation adds an id of its own to the name of a stack',
});

/** Asking the directory of admins: the company's Lambda, or the state. */
export const directory = (state: Bucket, directoryFunction: string | undefined): Permission[] =>
  directoryFunction === undefined
    ? [objects('s3:GetObject', state, [adminsPrefix])]
    : [{ actions: ['lambda:InvokeFunction'], resources: [directoryFunction] }];

/** Requesting exports: jobs and their indexes. */
export const asking = (state: Bucket): Permission[] => [
  objects('s3:GetObject', state, [exportsRoot]),
  objects('s3:PutObject', state, [exportsRoot, activeExportsPrefix, allExportsPrefix, exportsByScopePrefix]),
];

/** Advancing schedules. */
export const scheduling = (state: Bucket): Permission[] => [
  objects('s3:GetObject', state, [schedulesPrefix, schedulesDuePrefix]),
  objects('s3:PutObject', state, [schedulesPrefix, schedulesDuePrefix]),
];

/** Changing admins, if the state keeps them. */
export const administering = (state: Bucket, directoryFunction: string | undefined): Permission[] =>
  directoryFunction !== undefined
    ? []
    : [
        objects('s3:GetObject', state, [adminsPrefix, openAdminChangesPrefix]),
        objects('s3:PutObject', state, [adminsPrefix, openAdminChangesPrefix]),
        objects('s3:DeleteObject', state, [openAdminChangesPrefix]),
      ];
