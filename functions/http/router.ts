/**
 * Serves the routes of a function. It decides whether the caller may use the route, refuses unknown query
 * parameters, and answers failures below the handler. `Handlers` has exactly one handler for each declared
 * route, so a missing or an extra handler does not compile.
 */
import { type Caller, type CallerRules, callerOf } from '#domain/access/caller.ts';
import { seenAddress } from '#domain/access/page-viewer.ts';
import type { Route } from '#domain/http/routes/route.ts';
import { type HttpFunction, type RouteKey, routesOf } from '#domain/http/routes.ts';
import type { Log } from '#functions/runtime/log.ts';
import { type Answer, problem } from './answer.ts';
import { answerTo } from './failure-answer.ts';
import type { ApiEvent } from './request.ts';

/** A request whose caller has a role that the route admits. */
export type Call = { event: ApiEvent; caller: Caller };
/** A request to a route that is open to anyone. */
export type OpenCall = { event: ApiEvent };

export type Handler<World, Request = Call> = (world: World, request: Request) => Promise<Answer> | Answer;

type AccessOf<Name extends HttpFunction, Key extends RouteKey<Name>> = (typeof routesOf)[Name][Key] extends {
  access: infer Access;
}
  ? Access
  : never;

export type Handlers<Name extends HttpFunction, World> = {
  readonly [Key in RouteKey<Name>]: Handler<World, AccessOf<Name, Key> extends 'anyone' ? OpenCall : Call>;
};

/** `callers` decides who has which role; absent if all routes of the function are open. */
export type RouterOptions = { callers?: CallerRules; log: Log };

export const serve = <Name extends HttpFunction, World>(
  name: Name,
  handlers: Handlers<Name, World>,
  world: World,
  { callers, log }: RouterOptions,
): ((event: ApiEvent) => Promise<Answer>) => {
  const routes = routesOf[name] as Readonly<Record<string, Route>>;
  const handlerOf = handlers as Readonly<Record<string, Handler<World>>>;
  return async received => {
    const event = seen(received, callers?.pageSecret);
    const { routeKey } = event;
    if (!Object.hasOwn(routes, routeKey)) return problem('not_found', 'There is no such route');
    const route = routes[routeKey]!;
    const caller = callers && callerOf(event.requestContext.authorizer, callers);
    if (!admits(route, caller)) return problem('forbidden', audience(route));
    const unknown = refuseUnknownParameter(route, event.queryStringParameters);
    if (unknown) return unknown;
    try {
      return await handlerOf[routeKey]!(world, { event, caller: caller! });
    } catch (error) {
      return answerTo(error, log);
    }
  };
};

/** The event with the address of whoever sent it, also if it came through the page's distribution. */
const seen = (event: ApiEvent, pageSecret: string | undefined): ApiEvent => {
  const { http } = event.requestContext;
  const sourceIp = seenAddress(http.sourceIp, event.headers, pageSecret);
  return { ...event, requestContext: { ...event.requestContext, http: { ...http, sourceIp } } };
};

const admits = ({ access }: Route, caller: Caller | undefined): boolean =>
  access === 'anyone' || (caller !== undefined && (access === 'readers' || caller.role === access));

const audience = ({ access }: Route): string =>
  access === 'readers'
    ? 'This route is for admins of the scope, support and the operator'
    : 'This route is for the operator';

/** The answer to a query parameter that the route does not have; undefined if all are known. */
export const refuseUnknownParameter = (
  { query = {} }: Route,
  parameters: Readonly<Record<string, string | undefined>> = {},
): Answer | undefined => {
  const unknown = Object.keys(parameters).find(name => !Object.hasOwn(query, name));
  if (unknown === undefined) return undefined;
  const known = Object.keys(query);
  return problem(
    'unknown_parameter',
    `Unknown query parameter "${unknown}"; ${
      known.length === 0 ? 'this route has none' : `known are ${known.join(' and ')}`
    }`,
  );
};
