/**
 * An installation on AWS, found by its stack name and called with the caller's own credentials. Its URLs are
 * outputs of the stack, and every request is signed (Signature Version 4).
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { SignatureV4 } from '@smithy/signature-v4';
import { openS3 } from './clients.ts';
import { type Objects, openBucket } from './objects.ts';
import { describeStack } from './stack-state.ts';

/** A request to sign: its body is JSON or newline-delimited text, or absent. */
export type SignedRequest = {
  method: string;
  headers: Record<string, string>;
  body: string | Uint8Array | undefined;
  signal?: AbortSignal | undefined;
};

export type InstalledStack = {
  /** Sends to a path below the stack's URL for that path. */
  fetch(path: string, request: SignedRequest): Promise<Response>;
};

/** The stack does not exist or is not a stack of Annals; the message says what to do. */
export class StackError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StackError';
  }
}

/** The outputs with the URLs of the APIs. */
const urlOutputs = ['EventsUrl', 'StaffUrl'] as const;

/** Uses the region and the credentials that the AWS CLI would use. */
export const openInstalledStack = async (stackName: string): Promise<InstalledStack> => {
  const outputs = await requireOutputs(stackName, urlOutputs);
  const { region, credentials, sha256 } = new CloudFormationClient({}).config;
  const signers = {
    lambda: new SignatureV4({ service: 'lambda', region, credentials, sha256 }),
    'execute-api': new SignatureV4({ service: 'execute-api', region, credentials, sha256 }),
  };
  return {
    async fetch(path, { method, headers, body, signal = null }) {
      const isForEvents = path.split('?')[0] === '/v1/events' && method === 'POST';
      const url = new URL(path, isForEvents ? outputs.EventsUrl : outputs.StaffUrl);
      const query = Object.fromEntries(url.searchParams);
      // The query is sent as it is signed: a space as %20, since the verifier reads a plus as a plus.
      url.search = Object.entries(query)
        .map(pair => pair.map(encodeUri).join('='))
        .join('&');
      const signed = await signers[isForEvents ? 'lambda' : 'execute-api'].sign({
        method,
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        query,
        headers: { ...headers, host: url.host },
        body,
      });
      return fetch(url, { method, headers: signed.headers, signal, ...(body === undefined ? {} : { body }) });
    },
  };
};

/** Encodes all characters but RFC 3986's unreserved ones. */
const encodeUri = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** The outputs of a stack by name. */
export const readOutputs = async (stackName: string): Promise<Partial<Record<string, string>>> => {
  try {
    return (await describeStack(stackName)).outputs;
  } catch (error) {
    throw new StackError(
      `The stack "${stackName}" cannot be read: ${(error as Error).message}; ` +
        'check the name, AWS_REGION and the credentials',
      { cause: error },
    );
  }
};

const requireOutputs = async <Name extends string>(
  stackName: string,
  names: readonly Name[],
): Promise<Record<Name, string>> => {
  const outputs = await readOutputs(stackName);
  const missing = names.filter(name => !outputs[name]);
  if (missing.length > 0)
    throw new StackError(
      `The stack "${stackName}" has no output ${missing.join(' and ')}: is it one of Annals?`,
    );
  return outputs as Record<Name, string>;
};

export type StackPlaces = { ledger: Objects; state: Objects; views: Objects; aside: Objects };

/** Opens the buckets of a stack, except for its results, with the caller's own credentials. */
export const openStackPlaces = async (stackName: string): Promise<StackPlaces> => {
  const names = ['LedgerBucket', 'StateBucket', 'ViewsBucket', 'AsideBucket'] as const;
  const { LedgerBucket, StateBucket, ViewsBucket, AsideBucket } = await requireOutputs(stackName, names);
  const s3 = openS3();
  return {
    ledger: openBucket(s3, LedgerBucket),
    state: openBucket(s3, StateBucket),
    views: openBucket(s3, ViewsBucket),
    aside: openBucket(s3, AsideBucket),
  };
};
