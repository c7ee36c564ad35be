import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { S3Client } from '@aws-sdk/client-s3';
import { expect, it, onTestFinished } from 'vitest';
import { openRoleAssumer, roleAssumer } from '#aws/deliver/assume-role.ts';
import { faultOf } from '#aws/deliver/s3-sender.ts';
import type { S3Destination } from '#domain/deliver/destination.ts';

const destination: S3Destination = {
  type: 's3',
  bucket: 'theirs',
  prefix: 'logs',
  region: 'eu-central-1',
  role_arn: 'arn:aws:iam::111122223333:role/annals',
};
const session =
  '<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>S' +
  '</SecretAccessKey><SessionToken>T</SessionToken><Expiration>2026-11-26T11:00:00Z</Expiration>' +
  '</Credentials></AssumeRoleResult></AssumeRoleResponse>';

const sts = async (status: number, answer: string) => {
  const asked: { authorization: string | undefined; form: URLSearchParams }[] = [];
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request));
    asked.push({ authorization: request.headers.authorization, form });
    response.writeHead(status).end(answer);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()));
  onTestFinished(() => void server.close());
  const { config } = new S3Client({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'own', secretAccessKey: 'secret' },
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const assume = roleAssumer({ region: 'eu-west-1', url, signing: config })(destination, 'annals/i/');
  return { asked, assume };
};

it('assumes the role for the place of the delivery alone, signed with the function’s own credentials', async () => {
  const { asked, assume } = await sts(200, session);
  const role = await assume('e-1');
  if (role === 'denied') throw new Error('It was denied');
  expect(role.expiresAtMs).toBe(Date.parse('2026-11-26T11:00:00Z'));
  const { config } = role.client as S3Client;
  expect(await config.region()).toBe('eu-central-1');
  expect(await config.credentials()).toMatchObject({
    accessKeyId: 'A',
    secretAccessKey: 'S',
    sessionToken: 'T',
  });
  const [{ authorization, form }] = asked as [(typeof asked)[number]];
  expect(authorization).toContain('Credential=own/');
  expect(authorization).toContain('/eu-west-1/sts/aws4_request');
  const { Policy, ...rest } = Object.fromEntries(form);
  expect(rest).toMatchObject({ Action: 'AssumeRole', RoleArn: destination.role_arn, ExternalId: 'e-1' });
  expect(JSON.parse(Policy!).Statement).toEqual([
    {
      Effect: 'Allow',
      Action: ['s3:PutObject', 's3:GetObject'],
      Resource: 'arn:aws:s3:::theirs/logs/annals/i/*',
    },
    expect.objectContaining({
      Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
      Condition: { StringEquals: { 'kms:ViaService': 's3.eu-central-1.amazonaws.com' } },
    }),
  ]);
});

it('asks without an external id if it is to try that, and says that this was denied', async () => {
  const { asked, assume } = await sts(
    403,
    '<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>',
  );
  expect(await assume(undefined)).toBe('denied');
  expect(asked[0]!.form.has('ExternalId')).toBe(false);
});

it.each([
  [403, '<Code>ExpiredToken</Code>', 'access_denied'],
  [400, '<Code>MalformedPolicyDocument</Code>', 'unexpected_answer'],
  [500, '', 'server_error'],
  [200, '<html>', 'unexpected_answer'],
])('takes no other answer for a denial, and quotes none: %i %s', async (status, answer, code) => {
  const { assume } = await sts(status, answer);
  const error = await assume('e-1').catch((thrown: Error) => thrown);
  expect(faultOf(error)).toMatchObject({ code });
  expect((error as Error).message).toBe(`STS answered ${status}`);
});

it('is not reached if nothing listens', async () => {
  const { config } = new S3Client({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'own', secretAccessKey: 'secret' },
  });
  const url = new URL('http://127.0.0.1:9');
  const assume = roleAssumer({ region: 'eu-west-1', url, signing: config })(destination, 'annals/i/');
  expect(faultOf(await assume('e-1').catch((thrown: Error) => thrown))).toMatchObject({
    code: 'unreachable',
  });
});

it('is opened for the region of the function', () => {
  expect(openRoleAssumer()(destination, 'annals/i/')).toBeTypeOf('function');
});
