/**
 * The role of CDK's function that copies files of a deploy into a bucket. CDK would give it wildcards; it gets what
 * the copy of a folder needs, which is neither to delete nor to list anything else.
 */
import { Stack } from 'aws-cdk-lib';
import { type IRole, PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { acknowledgeWildcards, listing, type Permission, statementOf } from '#lib/function/permission.ts';

export const uploaderRole = (scope: Construct, bucket: Bucket, logGroup: LogGroup): IRole => {
  const { synthesizer, partition, account, region } = Stack.of(scope);
  const staged = `cdk-${synthesizer.bootstrapQualifier ?? 'hnb659fds'}-assets-${account}-${region}`;
  const permissions: Permission[] = [
    {
      actions: ['s3:GetObject'],
      resources: [`arn:${partition}:s3:::${staged}/*`],
      reason: 'CDK names what it stages by its hash',
    },
    listing(bucket),
    {
      actions: ['s3:GetObject', 's3:PutObject'],
      resources: [bucket.arnForObjects('*')],
      reason: 'It fills the bucket of the page, which holds nothing else',
    },
    {
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
      reason: 'The ARN of a log group ends with a wildcard for its streams, which Lambda names',
    },
  ];
  const role = new Role(scope, 'UploaderRole', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: { permissions: new PolicyDocument({ statements: permissions.map(statementOf) }) },
  });
  acknowledgeWildcards(role, permissions);
  return role.withoutPolicyUpdates();
};
