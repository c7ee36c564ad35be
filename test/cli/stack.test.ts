import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Role } from '#embedded/access/keys.ts';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a secret', sessionToken: 'a session' };
const { sha256 } = new CloudFormationClient({ region: 'eu-west-1' }).config;

/** The Authorization that a request should have, by the time that it says it was signed at. */
const expectedAuthorization = async (
  request: IncomingMessage,
  body: Buffer,
  service: string,
): Promise<string> => {
  const url = new URL(request.url!, 'http://host');
  const date = request.headers['x-amz-date'] as string;
  const signedHeaders =
    /SignedHeaders=([^,]+)/.exec(request.headers.authorization ?? '')?.[1]?.split(';') ?? [];
  const headers = Object.fromEntries(signedHeaders.map(name => [name, String(request.headers[name])]));
  const signer = new SignatureV4({ service, region: 'eu-west-1', credentials, sha256 });
  const signed = await signer.sign(
    {
      method: request.method!,
      protocol: 'http:',
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers,
      body: body.length === 0 ? undefined : body,
    },
    { signingDate: new Date(date.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5')) },
  );
  return signed.headers.authorization!;
};

const listen = async (
  answer: (
    request: IncomingMessage,
    body: Buffer,
  ) => Promise<{ status: number; headers?: Record<string, string>; body: string | Buffer }>,
) => {
  const server = createServer(async (request, response) => {
    const { status, headers, body } = await answer(request, await buffer(request));
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** A stack of one region: its outputs by CloudFormation, and its doors, which let in what is signed for them. */
const deployed = async () => {
  const installation = await startServer();
  const refused: string[] = [];
  const door = (service: string, roleOf: (path: string) => Role) =>
    listen(async (request, body) => {
      if (request.headers.authorization !== (await expectedAuthorization(request, body, service))) {
        refused.push(`${request.method} ${request.url}`);
        return {
          status: 403,
          headers: { 'content-type': 'application/json' },
          body: '{"Message":"The signature does not match"}',
        };
      }
      const response = await fetch(new URL(request.url!, installation.url), {
        method: request.method!,
        headers: {
          authorization: `Bearer ${installation.keys[roleOf(request.url!)]}`,
          ...Object.fromEntries(
            ['content-type', 'accept', 'idempotency-key'].flatMap(name =>
              request.headers[name] ? [[name, String(request.headers[name])]] : [],
            ),
          ),
        },
        ...(body.length > 0 ? { body } : {}),
        redirect: 'manual',
      });
      return {
        status: response.status,
        headers: { 'content-type': response.headers.get('content-type') ?? '' },
        body: Buffer.from(await response.arrayBuffer()),
      };
    });
  const eventsUrl = await door('lambda', () => 'emitter');
  const staffUrl = await door('execute-api', path =>
    /^\/v1\/(gaps|scopes\/\w+\/admins)/.test(path) ? 'operator' : 'support',
  );
  const cloudFormation = await listen(async (_, body) => {
    const stack = new URLSearchParams(body.toString()).get('StackName');
    const member = (key: string, value: string) =>
      `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`;
    const of = (outputs: string) =>
      `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>${stack}</StackName>` +
      `<Outputs>${outputs}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
    if (stack === 'Annals')
      return {
        status: 200,
        headers: { 'content-type': 'text/xml' },
        body: of(member('EventsUrl', `${eventsUrl}/`) + member('StaffUrl', `${staffUrl}/`)),
      };
    if (stack === 'Website')
      return { status: 200, headers: { 'content-type': 'text/xml' }, body: of(member('Url', 'http://x/')) };
    return {
      status: 400,
      headers: { 'content-type': 'text/xml' },
      body:
        '<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>' +
        '<Message>Stack with id Nothing does not exist</Message></Error></ErrorResponse>',
    };
  });
  const environment = {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation,
    AWS_CONFIG_FILE: '/nonexistent',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
  };
  return {
    run: (args: string[], input = '', change = {}) => annals(args, input, { ...environment, ...change }),
    refused,
  };
};

describe('annals --stack', () => {
  it('sends, exports and lists by the outputs of the stack, signed with the caller’s credentials', async () => {
    const { run, refused } = await deployed();
    const out = join(await temporaryDirectory(), 'log.csv');
    const sent = await run(['--stack', 'Annals', 'send', '--json', '-'], `${eventText()}\n`);
    expect(sent).toMatchObject({ code: 0, out: '{"accepted":1,"refused":[]}\n' });
    expect(
      await run(['--stack', 'Annals', 'admin', 'grant', '--scope', 'acme', '--user', 'u-1']),
    ).toMatchObject({ code: 0 });
    const exported = await run([
      '--stack',
      'Annals',
      'export',
      '--scope',
      'acme',
      '--requested-by',
      'u-1',
      '--reason',
      'it’s a “ticket”',
      '--out',
      out,
      '--json',
    ]);
    expect(exported.code, exported.err).toBe(0);
    expect(JSON.parse(exported.out)).toMatchObject({ rows: 3, reason: 'it’s a “ticket”' });
    // A scope whose query string has to be encoded is signed as it is sent.
    expect(await run(['exports', '--scope', "a b/c&d'e", '--json', '--stack', 'Annals'])).toMatchObject({
      code: 0,
      out: '[]\n',
    });
    expect(refused).toEqual([]);
  });

  it('reaches the operator’s commands, with options before and after them', async () => {
    const { run } = await deployed();
    expect(await run(['--stack', 'Annals', 'gaps', '--json'])).toMatchObject({ code: 0, out: '[]\n' });
    const dismissed = await run([
      '--stack',
      'Annals',
      'gaps',
      'dismiss',
      'quarantine/bucket=07/none',
      '--reason',
      'r',
    ]);
    expect(dismissed).toMatchObject({ code: 1 });
    expect(dismissed.err).toContain('There is no gap of this id (not_found)');
  });

  it('says that access was denied if the credentials are others', async () => {
    const { run, refused } = await deployed();
    const { code, err } = await run(['--stack', 'Annals', 'exports'], '', {
      AWS_SECRET_ACCESS_KEY: 'another',
    });
    expect([code, refused]).toEqual([1, ['GET /v1/exports']]);
    expect(err).toContain('403: The signature does not match');
  });

  it.each([
    [
      'a stack that is not there',
      ['--stack', 'Nothing', 'exports'],
      'Stack with id Nothing does not exist; check the name, AWS_REGION and the credentials',
    ],
    [
      'a stack of another kind',
      ['--stack', 'Website', 'exports'],
      'has no output EventsUrl and StaffUrl: is it one of Annals?',
    ],
    ['a stack and a URL', ['--stack', 'Annals', 'exports', '--url', 'http://x'], 'leave out --url'],
  ])('is misused with %s', async (_, args, message) => {
    const { run } = await deployed();
    const { code, err } = await run(args);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
