/**
 * `GET /metrics`, for a key of the role `metrics`; without a key for this machine itself, if the server has
 * no proxy.
 */
import type { GatewayRoute } from '#embedded/http/gateway-route.ts';
import type { Answer } from '#functions/http/answer.ts';

export const metricsRoute = (answer: () => Promise<Answer>): GatewayRoute => ({
  key: 'GET /metrics',
  access: 'metrics',
  function: 'metrics',
  handle: answer,
});
