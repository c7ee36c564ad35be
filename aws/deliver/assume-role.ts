/**
 * Assumes the role of a customer, for the place of one delivery: the session may put and get objects there, and
 * nothing else, whatever the role itself allows.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
import { S3Client } from '@aws-sdk/client-s3';
import { askSts, openSts, type Sts } from '#aws/sts.ts';
import type { S3Destination } from '#domain/deliver/destination.ts';
import type { AssumeRole } from './s3-sender.ts';

const sessionSeconds = 3600;

/** What STS did not do; the message quotes nothing of its answer. */
class StsError extends Error {
  readonly $metadata: { httpStatusCode: number };
  constructor(httpStatusCode: number) {
    super(`STS answered ${httpStatusCode}`);
    this.name = 'StsError';
    this.$metadata = { httpStatusCode };
  }
}

/** STS in the region of the function, signed with its own credentials. */
export const openRoleAssumer = () =>
  roleAssumer(openSts(process.env.AWS_REGION ?? 'us-east-1', new S3Client({}).config));

/** `place` is that of the delivery in the bucket, below the prefix, with a slash at its end. */
export const roleAssumer =
  (sts: Sts) =>
  (destination: S3Destination, place: string): AssumeRole => {
    const { role_arn: role, region: ofBucket } = destination;
    return async externalId => {
      const { status, text } = await askSts(sts, {
        Action: 'AssumeRole',
        RoleArn: role,
        RoleSessionName: 'annals',
        DurationSeconds: String(sessionSeconds),
        Policy: sessionPolicy(destination, place),
        ...(externalId === undefined ? {} : { ExternalId: externalId }),
      });
      if (status === 403) return refusal(text);
      const [accessKeyId, secretAccessKey, sessionToken, expiration] = [
        'AccessKeyId',
        'SecretAccessKey',
        'SessionToken',
        'Expiration',
      ].map(name => new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)?.[1]);
      if (status !== 200 || !accessKeyId || !secretAccessKey || !sessionToken || !expiration)
        throw new StsError(status);
      const expiresAtMs = Date.parse(expiration);
      const credentials = { accessKeyId, secretAccessKey, sessionToken, expiration: new Date(expiresAtMs) };
      return { client: new S3Client({ region: ofBucket, credentials }), expiresAtMs };
    };
  };

/** The partition of an ARN, such as `aws` or `aws-us-gov`. */
const partitionOf = (arn: string): string => arn.split(':')[1]!;

/** Other refusals, such as of credentials that have expired, say nothing about the role. */
const refusal = (answer: string): 'denied' => {
  if (!answer.includes('<Code>AccessDenied</Code>')) throw new StsError(403);
  return 'denied';
};

/** A bucket may be encrypted with a key of the customer's: that is used through S3 alone. */
const sessionPolicy = ({ bucket, prefix, region, role_arn }: S3Destination, place: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['s3:PutObject', 's3:GetObject'],
        Resource: `arn:${partitionOf(role_arn)}:s3:::${bucket}/${prefix === undefined ? '' : `${prefix}/`}${place}*`,
      },
      {
        Effect: 'Allow',
        Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
        Resource: '*',
        Condition: { StringEquals: { 'kms:ViaService': `s3.${region}.amazonaws.com` } },
      },
    ],
  });
