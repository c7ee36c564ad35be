/**
 * How the client authenticates: by a bearer token to an embedded installation, by AWS Signature Version 4 to
 * a stack.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHash, createHmac } from 'node:crypto';

export type SignedRequest = { url: URL; headers: Record<string, string>; body: Buffer };

/** Returns the headers that a request needs besides its own. */
export type Authorize = (request: SignedRequest) => Promise<Record<string, string>>;

/** `token` may be a function, called for each request: tokens are rotated. */
export const bearer =
  (token: string | (() => string | Promise<string>)): Authorize =>
  async () => ({ authorization: `Bearer ${typeof token === 'string' ? token : await token()}` });

/** As the AWS SDK's providers return them. */
export type Credentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined };

export type SigV4Options = {
  /** The region of the stack. */
  region: string;
  /**
   * Called for each request, so it should cache until expiry, as the SDK's `fromNodeProviderChain()` does.
   */
  credentials: () => Promise<Credentials>;
  /** `lambda`, for a Function URL. */
  service?: string;
  now?: () => Date;
};

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

export const sigV4 =
  ({ region, credentials, service = 'lambda', now = () => new Date() }: SigV4Options): Authorize =>
  async ({ url, headers, body }) => {
    const { accessKeyId, secretAccessKey, sessionToken } = await credentials();
    const time = now()
      .toISOString()
      .replaceAll(/[-:]|\.\d{3}/g, '');
    const day = time.slice(0, 8);
    const contentHash = sha256(body);
    const added: Record<string, string> = {
      'x-amz-date': time,
      'x-amz-content-sha256': contentHash,
      ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
    };
    const signed = Object.entries({ ...headers, ...added, host: url.host })
      .map(([name, value]) => [name.toLowerCase(), value.trim().replaceAll(/ +/g, ' ')] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const names = signed.map(([name]) => name).join(';');
    // Each segment of a path is encoded once more than in the URL; only S3 differs.
    const path = url.pathname.split('/').map(encodeURIComponent).join('/');
    const canonical = [
      'POST',
      path,
      '',
      ...signed.map(([name, value]) => `${name}:${value}`),
      '',
      names,
      contentHash,
    ].join('\n');
    const scope = `${day}/${region}/${service}/aws4_request`;
    const toSign = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`;
    const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
      hmac,
      `AWS4${secretAccessKey}`,
    );
    return {
      ...added,
      authorization:
        `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, ` +
        `Signature=${hmac(key, toSign).toString('hex')}`,
    };
  };

/** The credentials of the environment: what Lambda, or a shell, sets. */
export const environmentCredentials = async (): Promise<Credentials> => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
    throw new Error(
      'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; give sigV4 a provider of credentials instead',
    );
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN || undefined,
  };
};
