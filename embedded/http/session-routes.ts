/**
 * Signing in to the Audit Log page, and out of it. A login link is looked at first and used by the POST
 * alone, since mail scanners and previews follow links. What support or the operator opens is recorded in
 * that log before they are told that it is open.
 */
import { v7 } from 'uuid';
import type { SelfAudit } from '#aws/self-audit.ts';
import { senderOf } from '#domain/access/caller.ts';
import { actorOf } from '#domain/access/self-audit-event.ts';
import { pageRoutes } from '#domain/http/routes/page-routes.ts';
import { type Api, shapes } from '#domain/http/shapes/shapes.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import type { Attempts } from '#embedded/access/attempts.ts';
import type { LoginLink, LoginLinks } from '#embedded/access/login-links.ts';
import type { Session, Sessions, Visitor } from '#embedded/access/sessions.ts';
import { authorizerOf } from '#embedded/access/visitor-authorizer.ts';
import { type Answer, json, noContent, problem } from '#functions/http/answer.ts';
import { answerTo } from '#functions/http/failure-answer.ts';
import { parseBody, viaOf } from '#functions/http/request.ts';
import { refuseUnknownParameter } from '#functions/http/router.ts';
import type { Log } from '#functions/runtime/log.ts';
import type { GatewayEvent, GatewayRoute } from './gateway-route.ts';
import type { Site } from './site.ts';

export type SessionWorld = {
  site: Site;
  sessions: Sessions;
  links: LoginLinks;
  attempts: Attempts;
  selfAudit: Pick<SelfAudit, 'record'>;
  nowMs(): number;
  log: Log;
};

type SessionHandler = (world: SessionWorld, event: GatewayEvent) => Promise<Answer> | Answer;

export const sessionRoutes = (world: SessionWorld): GatewayRoute[] =>
  Object.entries(handlers).map(([key, handle]) => ({
    key,
    access: 'visitor',
    function: 'page',
    handle: async event => {
      const unknown = refuseUnknownParameter(pageRoutes[key as SessionRoute], event.queryStringParameters);
      if (unknown) return unknown;
      try {
        return await handle(world, event);
      } catch (error) {
        return answerTo(error, world.log);
      }
    },
  }));

type SessionRoute = Exclude<keyof typeof pageRoutes, 'POST /v1/page-tokens'>;

const showSession: SessionHandler = ({ site, sessions }, { headers }) => {
  const id = site.readCookie(headers);
  const session = id === undefined ? undefined : sessions.look(id);
  return session ? json<'Session'>(200, printSession(session)) : signedOut();
};

const signOut: SessionHandler = ({ site, sessions }, { headers }) => {
  const id = site.readCookie(headers);
  if (id !== undefined) sessions.end(id);
  const answer = noContent();
  return { ...answer, headers: { ...answer.headers, 'set-cookie': site.printCookie(undefined) } };
};

const lookAtLink: SessionHandler = async (world, event) => {
  const body = parseBody(event, shapes.Login);
  if ('problem' in body) return body.problem;
  const found = await findLink(world, event, body.value.login);
  if ('statusCode' in found) return found;
  const id = world.site.readCookie(event.headers);
  const current = id === undefined ? undefined : world.sessions.look(id);
  return json<'LoginLink'>(200, {
    role: found.role,
    scope_id: found.role === 'admin' ? found.scopeId : null,
    user_id: found.userId,
    expires_at: instantOfMilliseconds(found.expiresMs),
    current: current ? printSession(current) : null,
  });
};

/**
 * The links that are being used: of two requests with the same link, one must not record what the other
 * does.
 */
const inUse = new WeakMap<LoginLinks, Set<string>>();

const signIn: SessionHandler = async (world, event) => {
  const body = parseBody(event, shapes.SignIn);
  if ('problem' in body) return body.problem;
  const { login, ...opening } = body.value;
  const found = await findLink(world, event, login);
  if ('statusCode' in found) return found;
  const visitor = visitorOf(found, opening);
  if ('statusCode' in visitor) return visitor;
  const used = inUse.get(world.links) ?? new Set();
  inUse.set(world.links, used);
  if (used.has(login)) return invalidLogin();
  used.add(login);
  try {
    await recordOpening(world, event, visitor);
    if (!(await world.links.take(login))) return invalidLogin();
  } finally {
    used.delete(login);
  }
  const before = world.site.readCookie(event.headers);
  if (before !== undefined) world.sessions.end(before);
  const { id, session } = world.sessions.begin(visitor);
  return json<'Session'>(201, printSession(session), { 'set-cookie': world.site.printCookie(id) });
};

const openScope: SessionHandler = async (world, event) => {
  const id = world.site.readCookie(event.headers);
  const session = id === undefined ? undefined : world.sessions.use(id);
  if (!session) return signedOut();
  if (session.visitor.role === 'admin')
    return problem('forbidden', 'An admin sees the scope of their link; sign in by a link of another scope');
  const body = parseBody(event, shapes.ScopeOpening);
  if ('problem' in body) return body.problem;
  const { scope_id: scopeId, reason } = body.value;
  const { role, userId } = session.visitor;
  const visitor = { role, userId, scopeId, reason };
  await recordOpening(world, event, visitor);
  // It may have ended while the record was written.
  if (!world.sessions.look(id!)) return signedOut();
  session.visitor = visitor;
  return json<'Session'>(200, printSession(session));
};

const handlers: Record<SessionRoute, SessionHandler> = {
  'GET /v1/session': showSession,
  'POST /v1/session': signIn,
  'DELETE /v1/session': signOut,
  'POST /v1/session/link': lookAtLink,
  'POST /v1/session/scope': openScope,
};

const findLink = async (
  { site, links, attempts, log }: SessionWorld,
  { headers, requestContext }: GatewayEvent,
  login: string,
): Promise<LoginLink | Answer> => {
  if (!site.recognize(headers)?.mayCarryPasswords)
    return problem(
      'insecure_sign_in',
      'Other machines reach this page without https, so nobody can sign in; put a TLS proxy in front, and start the ' +
        'server with --public-url and its https URL',
    );
  const found = await links.find(login);
  if (found) return found;
  const { seconds, isFirst } = attempts.count(requestContext.http.sourceIp);
  if (isFirst)
    log('warn', 'Too many wrong login links from one address', { address: requestContext.http.sourceIp });
  return seconds === 0
    ? invalidLogin()
    : problem(
        'too_many_attempts',
        'Too many wrong login links came from this address; retry later, or ask for a new link',
        {},
        { 'retry-after': String(seconds) },
      );
};

const visitorOf = (
  link: LoginLink,
  { scope_id: scopeId, reason }: Omit<Api<'SignIn'>, 'login'>,
): Visitor | Answer => {
  const { role, userId } = link;
  if (role === 'admin') {
    if (scopeId === undefined && reason === undefined) return { role, userId, scopeId: link.scopeId };
    const path = scopeId === undefined ? '/reason' : '/scope_id';
    return problem('invalid_request', 'The link of an admin has its scope; leave this out', { path });
  }
  if (scopeId === undefined)
    return problem('scope_required', 'Give the scope_id whose log to open', { path: '/scope_id' });
  if (reason === undefined)
    return problem('reason_required', 'Give the reason or the ticket in reason', { path: '/reason' });
  return { role, userId, scopeId, reason };
};

/** Throws `NotRecorded` if the log does not take the record: then the scope must not be opened. */
const recordOpening = async (
  { selfAudit, nowMs }: SessionWorld,
  event: GatewayEvent,
  visitor: Visitor,
): Promise<void> => {
  if (visitor.role === 'admin') return;
  const { role, userId, scopeId, reason } = visitor;
  await selfAudit.record({
    action: 'scope.open',
    id: v7(),
    at: instantOfMilliseconds(nowMs()),
    actor: actorOf({ role, principal: senderOf(authorizerOf(visitor)), person: { name: userId } }),
    target: { id: scopeId, type: 'log' },
    scopeId,
    success: true,
    payload: { reason },
    via: viaOf(event),
  });
};

const printSession = ({ visitor, endsMs, idleEndsMs }: Session): Api<'Session'> => ({
  role: visitor.role,
  scope_id: visitor.scopeId,
  user_id: visitor.userId,
  reason: visitor.role === 'admin' ? null : visitor.reason,
  expires_at: instantOfMilliseconds(endsMs),
  idle_expires_at: instantOfMilliseconds(idleEndsMs),
});

const signedOut = (): Answer => problem('unauthorized', 'Nobody is signed in; use a login link');

const invalidLogin = (): Answer =>
  problem(
    'invalid_login',
    'The login link is unknown, was used, or is older than ten minutes; get a new one',
  );
