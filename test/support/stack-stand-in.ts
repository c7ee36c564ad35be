/**
 * A stack on AWS, as `--stack` sees it: an installation in this process, the S3 API before its buckets, the answer of
 * CloudFormation with its outputs, and its two doors, which let in whatever is signed.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { EmbeddedS3 } from '#embedded/storage/s3.ts';
import { openEndpoint } from '#test/lib/aws-endpoint.ts';
import { startServer } from './server.ts';
import { temporaryDirectory } from './temporary.ts';

type Told = { status: number; headers?: Record<string, string>; body: string | Buffer };

const listen = async (answer: (request: IncomingMessage, body: Buffer) => Promise<Told>): Promise<string> => {
  const server = createServer(async (request, response) => {
    const { status, headers, body } = await answer(request, await buffer(request));
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
};

const buckets = { LedgerBucket: 'ledger', StateBucket: 'state', ViewsBucket: 'views', AsideBucket: 'aside' };

export const startStack = async (options: Parameters<typeof startServer>[0] = {}) => {
  const server = await startServer({ tickMs: 200, ...options });
  const s3 = new EmbeddedS3(join(server.data, 'buckets'), await temporaryDirectory(), Object.values(buckets));
  const unserved = { send: () => Promise.reject(new Error('Not served')) };
  /** What is called for each call of S3; it may throw. */
  let onCall: (action: string, resource: string) => void = () => undefined;
  const endpoint = await openEndpoint({
    kinesis: unserved,
    athena: unserved,
    s3: s3 as never,
    lambda: () => undefined,
    mayCall: (_, { action, resource }) => {
      onCall(action, resource);
      return true;
    },
  });
  onTestFinished(() => endpoint.close());
  const forwarded: string[] = [];
  let isAway = false;
  const eventsUrl = await listen(async (request, body) => {
    if (isAway) return { status: 403, body: '{"Message":"Forbidden"}' };
    forwarded.push(request.url!);
    const response = await fetch(new URL(request.url!, server.url), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${server.keys.emitter}`,
        'content-type': request.headers['content-type'] ?? '',
      },
      body,
    });
    return {
      status: response.status,
      headers: { 'content-type': 'application/json' },
      body: await response.text(),
    };
  });
  const outputs = { ...buckets, EventsUrl: eventsUrl, StaffUrl: eventsUrl };
  const members = Object.entries(outputs)
    .map(([k, v]) => `<member><OutputKey>${k}</OutputKey><OutputValue>${v}</OutputValue></member>`)
    .join('');
  const cloudFormation = await listen(async (_, body) => {
    const name = new URLSearchParams(body.toString()).get('StackName');
    const isThere = name === 'Annals';
    return {
      status: isThere ? 200 : 400,
      headers: { 'content-type': 'text/xml' },
      body: isThere
        ? `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>${name}</StackName><Outputs>` +
          `${members}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`
        : '<ErrorResponse><Error><Code>ValidationError</Code>' +
          '<Message>It does not exist</Message></Error></ErrorResponse>',
    };
  });
  return {
    ...server,
    endpoint,
    forwarded,
    /** Called with each call of S3, before it is done. */
    watch: (watcher: typeof onCall) => {
      onCall = watcher;
    },
    setAway: (is: boolean) => {
      isAway = is;
    },
    environment: {
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'mover',
      AWS_SECRET_ACCESS_KEY: 'a secret',
      AWS_ENDPOINT_URL_S3: endpoint.environment.AWS_ENDPOINT_URL,
      AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation,
      AWS_CONFIG_FILE: '/nonexistent',
      AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
    },
  };
};
