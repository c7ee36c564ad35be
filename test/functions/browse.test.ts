import { describe, expect, it, vi } from 'vitest';
import { routesOf } from '#domain/http/routes.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { browse } from '#functions/browse.ts';
import type { BrowseApiWorld } from '#functions/http/browse.ts';
import { anId, eventText } from '#test/support/builders.ts';
import { startServer } from '#test/support/server.ts';

describe('browse', () => {
  it('lets nobody without a role into any of its routes', async () => {
    const world = {
      callers: { operatorRoles: [], supportRoles: [], scopeClaim: 'org' },
      log: () => undefined,
    };
    for (const routeKey of Object.keys(routesOf.browse)) {
      const event = {
        headers: {},
        isBase64Encoded: false,
        routeKey,
        requestContext: { requestId: 'r', http: { sourceIp: '' } },
      };
      expect((await browse(world as unknown as BrowseApiWorld)(event)).statusCode, routeKey).toBe(403);
    }
  });

  it('of an embedded installation shows an event as it was sent, soon after it is acknowledged', async () => {
    const { call, post } = await startServer({ tickMs: 100 });
    const payload = '{"b":1.50,"a":12345678901234567890}';
    await post(eventText().replace('{"name":"deploy"},"occ', `${payload},"occ`));
    const text = await vi.waitFor(
      async () => {
        const response = await call('operator', '/v1/events?scope_id=acme&action=context.*');
        expect(response.status).toBe(200);
        const body = await response.text();
        expect((JSON.parse(body) as Api<'Events'>).events).toHaveLength(1);
        return body;
      },
      { timeout: 10_000, interval: 20 },
    );
    expect(text).toContain(`"payload":${payload}`);
    expect(text).toContain(`"id":"${anId}"`);
    const all = await call('operator', '/v1/events?all_scopes=true&reason=test&limit=1');
    expect(all.status).toBe(200);
    const recorded = async () =>
      (await (
        await call('operator', '/v1/events?all_scopes=true&reason=test&action=audit_log.events.browse')
      ).json()) as Api<'Events'>;
    await vi.waitFor(async () => expect((await recorded()).events.length).toBeGreaterThan(0), {
      timeout: 10_000,
      interval: 50,
    });
  });
});
