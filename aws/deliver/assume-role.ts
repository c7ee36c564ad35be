/**
 * Assumes the role of a customer, for the place of one delivery: the session may put and get objects there, and
 * nothing else, whatever the role itself allows.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
import { S3Client } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import type { S3Destination } from '#domain/deliver/destination.ts';
import type { AssumeRole } from './s3-sender.ts';

export type RoleAssumerOptions = {
  region: string;
  /** Where STS is. */
  url: URL;
  /** Whose credentials sign the request. */
  signing: Pick<S3Client['config'], 'credentials' | 'sha256'>;
};

const sessionSeconds = 3600;
const requestMs = 10_000;

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
export const openRoleAssumer = () => {
  const { AWS_REGION = 'us-east-1', AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL } = process.env;
  const url = AWS_ENDPOINT_URL_STS ?? AWS_ENDPOINT_URL ?? `https://sts.${AWS_REGION}.${hostOf(AWS_REGION)}`;
  return roleAssumer({ region: AWS_REGION, url: new URL(url), signing: new S3Client({}).config });
};

/** `place` is that of the delivery in the bucket, below the prefix, with a slash at its end. */
export const roleAssumer =
  ({ region, url, signing }: RoleAssumerOptions) =>
  (destination: S3Destination, place: string): AssumeRole => {
    const { role_arn: role, region: ofBucket } = destination;
    return async externalId => {
      const body = new URLSearchParams({
        Action: 'AssumeRole',
        Version: '2011-06-15',
        RoleArn: role,
        RoleSessionName: 'annals',
        DurationSeconds: String(sessionSeconds),
        Policy: sessionPolicy(destination, place),
        ...(externalId === undefined ? {} : { ExternalId: externalId }),
      }).toString();
      const { headers } = await new SignatureV4({ service: 'sts', region, ...signing }).sign({
        method: 'POST',
        protocol: url.protocol,
        hostname: url.hostname,
        path: '/',
        query: {},
        headers: { host: url.host, 'content-type': 'application/x-www-form-urlencoded' },
        body,
      });
      const signal = AbortSignal.timeout(requestMs);
      const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' });
      const answer = await response.text();
      if (response.status === 403) return refusal(answer);
      const [accessKeyId, secretAccessKey, sessionToken, expiration] = [
        'AccessKeyId',
        'SecretAccessKey',
        'SessionToken',
        'Expiration',
      ].map(name => new RegExp(`<${name}>([^<]+)</${name}>`).exec(answer)?.[1]);
      if (!response.ok || !accessKeyId || !secretAccessKey || !sessionToken || !expiration)
        throw new StsError(response.status);
      const expiresAtMs = Date.parse(expiration);
      const credentials = { accessKeyId, secretAccessKey, sessionToken, expiration: new Date(expiresAtMs) };
      return { client: new S3Client({ region: ofBucket, credentials }), expiresAtMs };
    };
  };

/** The partition of an ARN, such as `aws` or `aws-us-gov`. */
const partitionOf = (arn: string): string => arn.split(':')[1]!;

/** https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-arns.html */
const hostOf = (region: string): string => (region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com');

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
