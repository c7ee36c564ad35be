import { describe, expect, it } from 'vitest';
import { routesOf } from '#domain/http/routes.ts';
import { type ManageWorld, manage } from '#functions/manage.ts';

const callers = { operatorRoles: [], supportRoles: [], scopeClaim: undefined };

describe('manage', () => {
  it('lets nobody without a role into any of its routes', async () => {
    const serve = manage({ callers, log: () => undefined } as unknown as ManageWorld);
    for (const routeKey of Object.keys(routesOf.manage)) {
      const { statusCode } = await serve({
        routeKey,
        headers: {},
        isBase64Encoded: false,
        requestContext: { requestId: 'r', http: { sourceIp: '' } },
      });
      expect(statusCode, routeKey).toBe(403);
    }
  });
});
