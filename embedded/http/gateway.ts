/**
 * The HTTP gateway of an embedded installation, in place of API Gateway and the Function URL. It turns a
 * bearer token into the authorizer context that those provide, and hands the handlers the events that Lambda
 * would.
 */
import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Authorizer } from '#domain/access/caller.ts';
import { callerAddress, type TrustedProxies } from '#domain/access/caller-address.ts';
import { parseQuery, parseTarget } from '#domain/http/request-target.ts';
import { decodeUtf8 } from '#domain/json/utf8.ts';
import type { KeyRing } from '#embedded/access/key-ring.ts';
import type { Role } from '#embedded/access/keys.ts';
import { roleArn } from '#embedded/account.ts';
import type { EmbeddedS3 } from '#embedded/storage/s3.ts';
import { type Answer, problem } from '#functions/http/answer.ts';
import type { MintLink } from '#functions/http/find-export.ts';
import { extendLogContext, type Log } from '#functions/runtime/log.ts';
import { DownloadLinks, linksRoot } from './download-links.ts';
import { type HttpLimits, HttpServer, type ServedAnswer } from './http-server.ts';
import { RouteFinder } from './route-finder.ts';

/** An event of API Gateway or a Function URL (payload format 2.0), as far as the handlers read it. */
export type GatewayEvent = {
  routeKey: string;
  headers: Record<string, string | undefined>;
  pathParameters: Record<string, string>;
  queryStringParameters: Record<string, string>;
  body: string | undefined;
  isBase64Encoded: boolean;
  requestContext: {
    requestId: string;
    /** HEAD, if that is requested of a route of GET. */
    http: { sourceIp: string; method: string };
    authorizer: Authorizer;
  };
};

/** A route, and who may call it; if any role may, the handler decides further. */
export type GatewayRoute = {
  /** As API Gateway writes it: `GET /v1/exports/{id}`. */
  key: string;
  access: 'anyone' | 'any role' | Role;
  /** The function that serves it, by its stage. */
  function?: string;
  handle(event: GatewayEvent): Promise<Answer>;
};

/**
 * What a proxy in front changes: the URL by which others reach the server, and whose headers count for
 * addresses.
 */
export type Front = { publicUrl?: string | undefined; trustedProxies?: TrustedProxies | undefined };

export type GatewayOptions = {
  keys: Pick<KeyRing, 'find'>;
  /** The claims of a customer's token; undefined if it is not valid. */
  claimsOf(token: string): Promise<Record<string, unknown> | undefined>;
  routes: readonly GatewayRoute[];
  s3: EmbeddedS3;
  results: string;
  log: Log;
  front?: Front | undefined;
  limits?: HttpLimits | undefined;
};

export class Gateway {
  readonly #server: HttpServer;
  readonly #options: GatewayOptions;
  readonly #routes: RouteFinder<GatewayRoute>;
  readonly #links: DownloadLinks;
  #url = '';
  /** Until then every route answers that the server is starting. */
  isReady = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#links = new DownloadLinks(options.s3, options.results);
    this.#routes = new RouteFinder(options.routes);
    this.#server = new HttpServer(
      async (request, readBody) => this.#relocate(await this.#answer(request, readBody)),
      options.log,
      options.limits,
    );
  }

  /** Listens; returns the URL. Port 0 is any free port. */
  async listen(host: string, port: number): Promise<string> {
    this.#url = await this.#server.listen(host, port);
    return this.#url;
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  readonly mintLink: MintLink = async key => `${this.#publicUrl() ?? this.#url}${this.#links.mint(key)}`;

  #publicUrl(): string | undefined {
    return this.#options.front?.publicUrl;
  }

  async #answer(request: IncomingMessage, readBody: () => Promise<Buffer>): Promise<ServedAnswer> {
    const method = request.method ?? '';
    const target = parseTarget(request.url ?? '');
    if (method === 'OPTIONS' && request.url === '*') return allowed(204, ['GET', 'HEAD', 'OPTIONS']);
    if (!target) return problem('invalid_url', 'The path of the URL is not percent-encoded UTF-8');
    const isLink = target.segments[0] === linksRoot && target.segments.length > 1;
    const found = isLink ? forLinks : this.#routes.find(target.segments);
    if (!found) return problem('not_found', 'There is no such route');
    const methods = methodsOf(found.routes);
    if (method === 'OPTIONS') return allowed(204, methods);
    if (!methods.includes(method)) return allowed(405, methods);
    const query = parseQuery(target.query);
    if (isLink)
      return 'code' in query
        ? problem(query.code, query.message)
        : this.#links.open(target.segments.slice(1).join('/'), query.parameters);
    if (!this.isReady) return starting();
    const route = found.routes.get(method === 'HEAD' ? 'GET' : method)!;
    const authorizer = await this.#admit(route, request);
    if (authorizer && 'statusCode' in authorizer) return authorizer;
    if ('code' in query) return problem(query.code, query.message);
    const requestId = randomUUID();
    extendLogContext({ function: route.function, request_id: requestId });
    return route.handle({
      routeKey: route.key,
      pathParameters: found.parameters,
      queryStringParameters: query.parameters,
      ...contentOf(request, await readBody()),
      requestContext: {
        requestId,
        http: { sourceIp: this.#addressOf(request) ?? '', method },
        authorizer,
      },
    });
  }

  /** Decides before the body is read, so that no unknown caller can send one. */
  async #admit({ access }: GatewayRoute, request: IncomingMessage): Promise<Authorizer | Answer> {
    if (access === 'anyone') return null;
    const caller = await this.#callerOf(request);
    if (!caller) return unauthorized();
    if (access !== 'any role' && access !== caller.role)
      return problem('forbidden', `This route is for the role "${access}"`);
    return caller.authorizer;
  }

  /** What API Gateway's authorizers would say about the token: a role of the installation, or a customer. */
  async #callerOf({
    headers,
  }: IncomingMessage): Promise<{ role: Role | undefined; authorizer: Authorizer } | undefined> {
    const token = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
    if (token === undefined) return undefined;
    const opened = await this.#options.keys.find(token);
    if (opened) {
      const { role, key } = opened;
      return { role, authorizer: { iam: { userArn: roleArn(role), ...(key ? { key } : {}) } } };
    }
    const claims = await this.#options.claimsOf(token);
    return claims && { role: undefined, authorizer: { jwt: { claims } } };
  }

  #addressOf({ socket, headers }: IncomingMessage): string | undefined {
    return callerAddress(
      { peer: socket.remoteAddress, headers: headers as Record<string, string | undefined> },
      this.#options.front?.trustedProxies,
      this.#publicUrl() !== undefined,
    );
  }

  /** A proxy may serve this under a path of its own; URLs in answers include that path. */
  #relocate(answer: ServedAnswer): ServedAnswer {
    const { location } = answer.headers;
    if (!location?.startsWith('/')) return answer;
    return { ...answer, headers: { ...answer.headers, location: `${this.#publicUrl() ?? ''}${location}` } };
  }
}

const forLinks = { routes: new Map([['GET', undefined]]), parameters: {} };

const methodsOf = (routes: ReadonlyMap<string, unknown>): string[] => [
  ...[...routes.keys()].flatMap(method => (method === 'GET' ? ['GET', 'HEAD'] : [method])),
  'OPTIONS',
];

const allowed = (status: 204 | 405, methods: readonly string[]): Answer => {
  const allow = methods.join(', ');
  return status === 204
    ? { statusCode: 204, headers: { allow, 'cache-control': 'no-store' }, body: '' }
    : problem('method_not_allowed', `This path has ${allow}`, {}, { allow });
};

const starting = (): Answer =>
  problem('starting', 'The server is starting; retry', {}, { 'retry-after': '1' });

const unauthorized = (): Answer =>
  problem(
    'unauthorized',
    'Expected a known token, as "Authorization: Bearer …"',
    {},
    { 'www-authenticate': 'Bearer' },
  );

/** API Gateway hands text over as text, and anything else in base64. */
const contentOf = (
  { headers: sent }: IncomingMessage,
  body: Buffer,
): Pick<GatewayEvent, 'headers' | 'body' | 'isBase64Encoded'> => {
  const headers = Object.fromEntries(
    Object.entries(sent).map(([name, value]) => [name, readHeader(String(value))]),
  );
  const isText = !headers['content-encoding'] && isUtf8(body);
  return {
    headers,
    body: body.length === 0 ? undefined : body.toString(isText ? 'utf8' : 'base64'),
    isBase64Encoded: !isText,
  };
};

/**
 * Node reads headers as Latin-1. Beyond ASCII they hold UTF-8; anything else becomes half of a surrogate
 * pair, which cannot be a name.
 */
const readHeader = (value: string): string => {
  if (!/[\x80-\xff]/.test(value)) return value;
  const { text, replaced } = decodeUtf8(Buffer.from(value, 'latin1'));
  return replaced.at.length === 0 ? text : text.replaceAll('\ufffd', '\udc80');
};
