import { describe, expect, it } from 'vitest';
import { installedCatalogue } from '#catalogue/bundled.ts';
import { routesOf } from '#domain/http/routes.ts';
import { type DescribeWorld, describe as describeLog } from '#functions/describe.ts';

const serve = describeLog({
  catalogue: installedCatalogue,
  publicUrl: 'https://example.com',
  watermarks: { all: () => Promise.reject(new Error('The state is away')) },
  buckets: 1,
  log: () => undefined,
} as unknown as DescribeWorld);
const ask = async (routeKey: string, queryStringParameters = {}) => {
  const { statusCode, body } = await serve({
    routeKey,
    queryStringParameters,
    headers: {},
    isBase64Encoded: false,
    requestContext: { requestId: 'r', http: { sourceIp: '' } },
  });
  return { statusCode, ...(JSON.parse(body) as object) };
};

describe('describe', () => {
  it('shows anyone the catalogue and the API', async () => {
    expect(await ask('GET /v1/actions')).toMatchObject({ statusCode: 200, actions: expect.any(Array) });
    expect(await ask('GET /v1/schemas')).toMatchObject({ statusCode: 200, schemas: expect.any(Array) });
    expect(await ask('GET /v1/openapi.json')).toMatchObject({ servers: [{ url: 'https://example.com' }] });
  });

  it('reports to anyone that the state cannot be read', async () => {
    expect(await ask('GET /healthz')).toMatchObject({ statusCode: 503, code: 'state_unavailable' });
  });

  it('takes no parameters, and has no other routes', async () => {
    for (const routeKey of Object.keys(routesOf.describe))
      expect(await ask(routeKey, { pretty: '1' }), routeKey).toMatchObject({ code: 'unknown_parameter' });
    expect(await ask('GET /v1/gaps')).toMatchObject({ code: 'not_found' });
  });
});
