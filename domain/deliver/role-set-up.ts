/** What a customer gives the role of an S3 destination: policies to copy, as JSON. Nothing in them is secret. */
import type { S3Destination } from './destination.ts';

type Arn = Pick<S3Destination, 'role_arn'>;

/** `aws`, or the partition of China or of the government: no role is assumed across them. */
const partitionOf = ({ role_arn }: Arn): string => role_arn.split(':')[1]!;

/** Whom the role has to trust: the account of the installation, as its twelve digits. */
export const principalOf = (account: string, role: Arn): string =>
  `arn:${partitionOf(role)}:iam::${account}:root`;

const policy = (statement: object): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] }, null, 2);

/** Lets Annals assume the role, but only with the external id of this delivery. */
export const trustPolicyOf = (principal: string, externalId: string): string =>
  policy({
    Principal: { AWS: principal },
    Action: 'sts:AssumeRole',
    Condition: { StringEquals: { 'sts:ExternalId': externalId } },
  });

/** What the role has to allow. */
export const accessPolicyOf = (
  destination: Pick<S3Destination, 'bucket' | 'prefix' | 'role_arn'>,
): string => {
  const { bucket, prefix } = destination;
  return policy({
    Action: ['s3:PutObject', 's3:GetObject'],
    Resource: `arn:${partitionOf(destination)}:s3:::${bucket}/${prefix === undefined ? '' : `${prefix}/`}*`,
  });
};
