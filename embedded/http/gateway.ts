/**
 * The HTTP gateway of an embedded installation, in place of API Gateway and the Function URL. It turns a
 * bearer token into the authorizer context that those provide, and hands the handlers the events that Lambda
 * would.
 */
import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { callerAddress, type TrustedProxies } from '#domain/access/caller-address.ts';
import { parseQuery, parseTarget } from '#domain/http/request-target.ts';
import { decodeUtf8 } from '#domain/json/utf8.ts';
import type { Sessions } from '#embedded/access/sessions.ts';
import type { EmbeddedS3 } from '#embedded/storage/s3.ts';
import { type Answer, problem } from '#functions/http/answer.ts';
import type { MintLink } from '#functions/http/find-export.ts';
import { extendLogContext, type Log } from '#functions/runtime/log.ts';
import { Admission, type AdmissionOptions } from './admission.ts';
import { DownloadLinks, linksRoot } from './download-links.ts';
import type { GatewayEvent, GatewayRoute } from './gateway-route.ts';
import { type HttpLimits, HttpServer, type ReadBody, type ServedAnswer } from './http-server.ts';
import { isOwnMachine } from './own-machine.ts';
import type { PageFiles } from './page-files.ts';
import { refuseHost } from './page-request.ts';
import { RouteFinder } from './route-finder.ts';
import { Site } from './site.ts';

/**
 * What a proxy in front changes: the URL by which others reach the server, and whose headers count for
 * addresses.
 */
export type Front = { publicUrl?: string | undefined; trustedProxies?: TrustedProxies | undefined };

export type GatewayOptions = Pick<AdmissionOptions, 'keys' | 'rateLimits' | 'claimsOf' | 'pageTokenOf'> & {
  site?: Site | undefined;
  sessions?: Sessions | undefined;
  /** The files of the Audit Log page; undefined: this server does not have it. */
  page?: PageFiles | undefined;
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
  readonly #site: Site;
  readonly #admission: Admission;
  #url = '';
  /** Until then every route answers that the server is starting. */
  isReady = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const { site = new Site(options.front?.publicUrl), sessions } = options;
    this.#site = site;
    this.#admission = new Admission({ ...options, site, sessions });
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
    this.#site.listensOn(host, this.#url);
    return this.#url;
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  readonly mintLink: MintLink = async key => `${this.#publicUrl() ?? this.#url}${this.#links.mint(key)}`;

  #publicUrl(): string | undefined {
    return this.#options.front?.publicUrl;
  }

  get #hasProxy(): boolean {
    const { front } = this.#options;
    return front?.publicUrl !== undefined || front?.trustedProxies !== undefined;
  }

  async #answer(request: IncomingMessage, readBody: ReadBody): Promise<ServedAnswer> {
    const method = request.method ?? '';
    const target = parseTarget(request.url ?? '');
    if (method === 'OPTIONS' && request.url === '*') return allowed(204, ['GET', 'HEAD', 'OPTIONS']);
    if (!target) return problem('invalid_url', 'The path of the URL is not percent-encoded UTF-8');
    const page = this.#options.page?.find(target.segments);
    if (page) {
      const methods = ['GET', 'HEAD', 'OPTIONS'];
      if (method === 'OPTIONS' || !methods.includes(method))
        return allowed(method === 'OPTIONS' ? 204 : 405, methods);
      return refuseHost(this.#site, request.headers) ?? page(request.headers);
    }
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
    const isOpen = route.access === 'metrics' && !this.#hasProxy && isOwnMachine(request, this.#site);
    const admitted = isOpen ? openTo : await this.#admission.admit(route, request.headers);
    if ('statusCode' in admitted) return admitted;
    if ('code' in query) return problem(query.code, query.message);
    const requestId = randomUUID();
    extendLogContext({ function: route.function, request_id: requestId });
    return route.handle({
      routeKey: route.key,
      pathParameters: found.parameters,
      queryStringParameters: query.parameters,
      ...contentOf(request, await readBody(route.access === 'visitor' ? maxPageBodyBytes : undefined)),
      requestContext: {
        requestId,
        http: { sourceIp: this.#addressOf(request) ?? '', method },
        authorizer: admitted.authorizer,
      },
    });
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

/** Whoever calls is not asked for a token. */
const openTo = { authorizer: null };

/** A visitor who is not signed in may send this much. */
const maxPageBodyBytes = 16 * 1024;

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
