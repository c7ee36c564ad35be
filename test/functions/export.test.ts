import { describe, expect, it } from 'vitest';
import { routesOf } from '#domain/http/routes.ts';
import { exportApi } from '#functions/export.ts';
import type { ExportApiWorld } from '#functions/http/find-export.ts';

const event = { headers: {}, isBase64Encoded: false };
const requestContext = { requestId: 'r', http: { sourceIp: '' } };
const world = {
  callers: { operatorRoles: [], supportRoles: [], scopeClaim: 'org' },
  exports: { log: () => undefined },
  adminDirectory: { isAdmin: async () => false },
} as unknown as ExportApiWorld;

describe('export', () => {
  it('lets nobody without a role into any of its routes', async () => {
    for (const routeKey of Object.keys(routesOf.export))
      expect((await exportApi(world)({ ...event, routeKey, requestContext })).statusCode, routeKey).toBe(403);
  });

  it('tells customers who are not admins how to become one, on every route except that for requesting', async () => {
    const authorizer = { jwt: { claims: { sub: 'u-1', org: 'acme' } } };
    for (const routeKey of Object.keys(routesOf.export).filter(key => key !== 'POST /v1/exports')) {
      const { body } = await exportApi(world)({
        ...event,
        routeKey,
        requestContext: { ...requestContext, authorizer },
      });
      expect(JSON.parse(body), routeKey).toMatchObject({
        status: 403,
        code: 'not_an_admin',
        detail: expect.stringContaining('annals admin grant'),
      });
    }
  });
});
