import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { S3Client } from '@aws-sdk/client-s3';
import { expect, it, onTestFinished, vi } from 'vitest';
import { askSts, openSts } from '#aws/sts.ts';

const { config: signing } = new S3Client({
  region: 'eu-west-1',
  credentials: { accessKeyId: 'own', secretAccessKey: 'secret' },
});

it('signs a request, and returns what is answered', async () => {
  const asked: unknown[] = [];
  const server = createServer(async (request, response) => {
    asked.push([request.headers.authorization, await text(request)]);
    response.writeHead(403).end('<Error/>');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()));
  onTestFinished(() => void server.close());
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  expect(await askSts({ region: 'eu-west-1', url, signing }, { Action: 'GetCallerIdentity' })).toEqual({
    status: 403,
    text: '<Error/>',
  });
  expect(asked).toEqual([
    [
      expect.stringMatching(/Credential=own\/\d{8}\/eu-west-1\/sts\/aws4_request/),
      'Action=GetCallerIdentity&Version=2011-06-15',
    ],
  ]);
});

it('is in its region, in the partition of that, or where the environment says', () => {
  vi.stubEnv('AWS_ENDPOINT_URL', undefined);
  vi.stubEnv('AWS_ENDPOINT_URL_STS', undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(openSts('eu-west-1', signing).url.href).toBe('https://sts.eu-west-1.amazonaws.com/');
  expect(openSts('cn-north-1', signing).url.href).toBe('https://sts.cn-north-1.amazonaws.com.cn/');
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1/');
  expect(openSts('eu-west-1', signing).url.href).toBe('http://127.0.0.1:1/');
  vi.stubEnv('AWS_ENDPOINT_URL_STS', 'http://127.0.0.1:2/');
  expect(openSts('eu-west-1', signing).url.href).toBe('http://127.0.0.1:2/');
});
