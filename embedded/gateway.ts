/**
 * The HTTP door of an embedded installation: what API Gateway and the Function URL are on AWS. It turns a bearer
 * token into the authorizer context that those give, and hands the handlers the events that Lambda would.
 * Requests are bounded in size and time, connections in number.
 */

import { isUtf8 } from 'node:buffer';
import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Authorizer } from '#domain/caller.ts';
import { type Answer, problem } from '#functions/answer.ts';
import { linkSeconds, type MintLink } from '#functions/export-jobs-api.ts';
import { errorFacts, type Log } from '#functions/log.ts';
import { type Keys, type Role, roleOf } from './keys.ts';
import type { EmbeddedS3 } from './s3.ts';

/** Lambda's limit of a request's payload; what a handler takes is less. */
const maxBodyBytes = 6 * 1024 * 1024;
/** How long the headers, and then the whole of a request, may take to come. */
const defaultTimeouts = { headersTimeoutMs: 10_000, requestTimeoutMs: 30_000 };
const maxConnections = 256;
/** How long a stop waits for requests in progress. */
const stopMs = 10_000;

export const account = '000000000000';
/** The IAM role that stands for a token. */
export const roleArn = (role: Role): string => `arn:aws:iam::${account}:role/annals-${role}`;

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
    http: { sourceIp: string };
    authorizer: Authorizer;
  };
};

/** A route, and who may call it; for any role, the handler decides further. */
export type Route = {
  /** As API Gateway writes it: `GET /v1/exports/{id}`. */
  key: string;
  access: 'anyone' | 'any role' | Role;
  handle(event: GatewayEvent): Promise<Answer>;
};

export type GatewayOptions = {
  keys: Keys;
  /** The claims of a customer's token; undefined where it is none. */
  claimsOf(token: string): Promise<Record<string, unknown> | undefined>;
  routes: readonly Route[];
  s3: EmbeddedS3;
  results: string;
  log: Log;
  timeouts?: Partial<typeof defaultTimeouts> | undefined;
};

export class Gateway {
  readonly #server: FastifyInstance;
  readonly #options: GatewayOptions;
  readonly #linkKey = randomBytes(32);
  readonly #callers = new WeakMap<FastifyRequest, Authorizer>();
  #url = '';
  /** Until then every route answers that it is starting. */
  isReady = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const { headersTimeoutMs, requestTimeoutMs } = { ...defaultTimeouts, ...options.timeouts };
    this.#server = fastify({
      bodyLimit: maxBodyBytes,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: 5000,
      forceCloseConnections: 'idle',
      exposeHeadRoutes: false,
      http: {
        headersTimeout: headersTimeoutMs,
        connectionsCheckingInterval: Math.min(2000, headersTimeoutMs),
      },
    });
    this.#server.server.maxConnections = maxConnections;
    this.#server.removeAllContentTypeParsers();
    this.#server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    this.#server.setNotFoundHandler((_request, reply) =>
      give(reply, problem(404, 'not_found', 'There is no such route')),
    );
    this.#server.setErrorHandler((error, _request, reply) =>
      this.#fail(error as Error & { statusCode?: number }, reply),
    );
    for (const route of options.routes) this.#add(route);
    this.#server.get('/results/*', (request, reply) => this.#download(request, reply));
  }

  /** Listens; gives the URL. Port 0 is any. */
  async listen(host: string, port: number): Promise<string> {
    this.#url = await this.#server.listen({ host, port });
    return this.#url;
  }

  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#server.server.closeAllConnections(), stopMs);
    await this.#server.close();
    clearTimeout(timer);
  }

  #add({ key, access, handle }: Route): void {
    const [method, path] = key.split(' ') as [string, string];
    this.#server.route({
      method,
      url: path.replaceAll(/\{(\w+)\}/g, ':$1'),
      // Before the body is read, so that nobody unknown can send one.
      onRequest: async (request, reply) => {
        if (!this.isReady)
          return give(
            reply,
            problem(503, 'starting', 'The server is starting; ask again', {}, { 'retry-after': '1' }),
          );
        if (access === 'anyone') return;
        const caller = await this.#callerOf(request);
        if (!caller)
          return give(
            reply,
            problem(
              401,
              'unauthorized',
              'A known token is needed, as "Authorization: Bearer …"',
              {},
              { 'www-authenticate': 'Bearer' },
            ),
          );
        this.#callers.set(request, caller.authorizer);
        if (access !== 'any role' && access !== caller.role)
          return give(reply, problem(403, 'forbidden', `This route is for the role "${access}"`));
      },
      handler: async (request, reply) => give(reply, await handle(this.#event(key, request))),
    });
  }

  /** What API Gateway's authorizers would say of the token: a role of the installation, or a customer. */
  async #callerOf({
    headers,
  }: FastifyRequest): Promise<{ role: Role | undefined; authorizer: Authorizer } | undefined> {
    const token = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
    if (token === undefined) return undefined;
    const role = roleOf(this.#options.keys, token);
    if (role) return { role, authorizer: { iam: { userArn: roleArn(role) } } };
    const claims = await this.#options.claimsOf(token);
    return claims && { role: undefined, authorizer: { jwt: { claims } } };
  }

  #event(routeKey: string, request: FastifyRequest): GatewayEvent {
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(',') : value,
      ]),
    );
    const query = Object.entries(request.query as Record<string, string | string[]>);
    const body = request.body instanceof Buffer ? request.body : undefined;
    // API Gateway hands text over as text, and what is no text in base64.
    const isText = body === undefined || (!headers['content-encoding'] && isUtf8(body));
    return {
      routeKey,
      headers,
      pathParameters: request.params as Record<string, string>,
      queryStringParameters: Object.fromEntries(query.map(([name, value]) => [name, String(value)])),
      body: body?.toString(isText ? 'utf8' : 'base64'),
      isBase64Encoded: !isText,
      requestContext: {
        requestId: randomUUID(),
        http: { sourceIp: request.socket.remoteAddress ?? '' },
        authorizer: this.#callers.get(request) ?? null,
      },
    };
  }

  #fail(error: Error & { statusCode?: number }, reply: FastifyReply): FastifyReply {
    if (error.statusCode === 413)
      return give(reply, problem(413, 'body_too_large', `A request has at most ${maxBodyBytes} bytes`));
    if (error.statusCode !== undefined && error.statusCode < 500)
      return give(reply, problem(error.statusCode, 'bad_request', error.message));
    this.#options.log('error', 'A request failed', errorFacts(error));
    return give(
      reply,
      problem(500, 'internal_error', 'The request failed for a reason that is in the log; ask again'),
    );
  }

  #signature(key: string, expires: string): Buffer {
    return createHmac('sha256', this.#linkKey).update(`${expires}\n${key}`).digest();
  }

  /** What S3's presigned links are on AWS. */
  readonly mintLink: MintLink = async key => {
    const expires = String(Math.floor(Date.now() / 1000) + linkSeconds);
    const path = key.split('/').map(encodeURIComponent).join('/');
    return `${this.#url}/results/${path}?expires=${expires}&signature=${this.#signature(key, expires).toString('base64url')}`;
  };

  async #download(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const key = (request.params as { '*': string })['*'];
    const { expires = '', signature = '' } = request.query as Record<string, string>;
    const sent = Buffer.from(String(signature), 'base64url');
    const expected = this.#signature(key, String(expires));
    const isSigned = sent.length === expected.length && timingSafeEqual(sent, expected);
    if (!isSigned || Number(expires) * 1000 < Date.now())
      return give(reply, problem(403, 'link_expired', 'The link is not valid any more; ask for a new one'));
    const object = (await this.#options.s3.send(
      new GetObjectCommand({ Bucket: this.#options.results, Key: key }),
    )) as {
      Body: NodeJS.ReadableStream;
      ContentLength: number;
      ContentType?: string;
      ContentDisposition?: string;
    };
    void reply.headers({
      'content-type': object.ContentType ?? 'application/octet-stream',
      'content-length': String(object.ContentLength),
      'content-disposition': object.ContentDisposition ?? 'attachment',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    return reply.send(object.Body);
  }
}

const give = (reply: FastifyReply, { statusCode, headers, body }: Answer): FastifyReply =>
  reply
    .code(statusCode)
    .headers({ 'x-content-type-options': 'nosniff', ...headers })
    .send(body);
