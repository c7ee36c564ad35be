/**
 * Requests to STS, signed with the credentials of another client: a client of its own would be a large part of a
 * bundle.
 * https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
 */
import type { S3Client } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';

export type Sts = {
  region: string;
  url: URL;
  /** Whose credentials sign the request. */
  signing: Pick<S3Client['config'], 'credentials' | 'sha256'>;
};

const requestMs = 10_000;

/** STS in a region. */
export const openSts = (region: string, signing: Sts['signing']): Sts => {
  const { AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL } = process.env;
  const url = AWS_ENDPOINT_URL_STS ?? AWS_ENDPOINT_URL ?? `https://sts.${region}.${hostOf(region)}`;
  return { region, url: new URL(url), signing };
};

/** https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-arns.html */
const hostOf = (region: string): string => (region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com');

/** The status and the XML of the answer, whatever they are. Throws if there is none within ten seconds. */
export const askSts = async (
  { region, url, signing }: Sts,
  parameters: Readonly<Record<string, string>>,
): Promise<{ status: number; text: string }> => {
  const body = new URLSearchParams({ ...parameters, Version: '2011-06-15' }).toString();
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
  return { status: response.status, text: await response.text() };
};
