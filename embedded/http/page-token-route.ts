/**
 * Mints tokens for the Audit Log page in a frame, for the server whose page holds the frame. It vouches for
 * who looks at its page; the admin directory decides whether they may.
 */
import type { AdminDirectory } from '#aws/admin-directory.ts';
import { pageRoutes } from '#domain/http/routes/page-routes.ts';
import { maxPageTokenSeconds } from '#domain/http/shapes/page-shapes.ts';
import { shapes } from '#domain/http/shapes/shapes.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { signPageToken } from '#embedded/access/page-tokens.ts';
import { json, notAdmin, problem } from '#functions/http/answer.ts';
import { answerTo } from '#functions/http/failure-answer.ts';
import { parseBody } from '#functions/http/request.ts';
import { refuseUnknownParameter } from '#functions/http/router.ts';
import type { Log } from '#functions/runtime/log.ts';
import type { GatewayEvent, GatewayRoute } from './gateway-route.ts';

export type PageTokenWorld = {
  tokenKey: Uint8Array;
  embedOrigins: readonly string[];
  adminDirectory: AdminDirectory;
  nowMs(): number;
  log: Log;
};

const key = 'POST /v1/page-tokens';

export const pageTokenRoute = (world: PageTokenWorld): GatewayRoute => ({
  key,
  access: 'page',
  function: 'page',
  handle: async event =>
    refuseUnknownParameter(pageRoutes[key], event.queryStringParameters) ??
    mint(world, event).catch(error => answerTo(error, world.log)),
});

const mint = async (
  { tokenKey, embedOrigins, adminDirectory, nowMs }: PageTokenWorld,
  event: GatewayEvent,
) => {
  const body = parseBody(event, shapes.PageTokenRequest);
  if ('problem' in body) return body.problem;
  const { scope_id: scopeId, user_id: userId, origin, seconds = maxPageTokenSeconds } = body.value;
  if (!embedOrigins.includes(origin))
    return problem('invalid_request', 'Expected one of the origins that the server has as --embed-origins', {
      path: '/origin',
    });
  if (!(await adminDirectory.isAdmin(scopeId, userId))) return notAdmin(userId);
  const now = nowMs();
  const token = await signPageToken(tokenKey, { scopeId, userId, origin }, { nowMs: now, seconds });
  const expiresMs = (Math.floor(now / 1000) + seconds) * 1000;
  return json<'PageToken'>(201, { token, expires_at: instantOfMilliseconds(expiresMs) });
};
