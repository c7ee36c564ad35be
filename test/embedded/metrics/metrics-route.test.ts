import { expect, it } from 'vitest';
import { metricsRoute } from '#embedded/metrics/metrics-route.ts';

it('the route of the metrics is for a key of its own role', async () => {
  const answer = { statusCode: 200, headers: {}, body: '' };
  const route = metricsRoute(async () => answer);
  expect([route.key, route.access]).toEqual(['GET /metrics', 'metrics']);
  expect(await route.handle({} as never)).toBe(answer);
});
