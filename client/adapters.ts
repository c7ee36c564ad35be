/**
 * Request context for servers: node:http, node:http2 and frameworks on top of them (Express, Fastify), Hono,
 * and ws. Each request gets its own id. The address is the one that the framework sees, so the framework's
 * setting for trusted proxies applies. Listeners of a request, its response or its socket run in the request
 * too, up to the last event.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestOfEvent } from './events.ts';
import { makeReporter } from './hooks.ts';
import { bindToRequest, isSendable, requestOf, runInRequest } from './request-context.ts';

export type AdapterOptions<Request> = {
  /**
   * The id of a request, if something in front has set one (in a header that only your proxy can set, say).
   * If it returns undefined, or a value that cannot be an id, an id is made.
   */
  idOf?: (request: Request) => string | undefined;
  /** The address that the request came from, if it is not that of the connection: behind a proxy, say. */
  addressOf?: (request: Request) => string | undefined;
};

type Emitter = Parameters<typeof bindToRequest>[0];

/** A request of node:http or node:http2. */
type Message = Emitter & {
  headers: { [name: string]: string | string[] | undefined };
  socket: { remoteAddress?: string | undefined };
};

const traceHeader = 'x-client-trace-id';
const reporter = makeReporter(undefined);

/** Code of the product must not keep the product from serving: if it throws, the value is unknown. */
const asked = <T>(what: string, ask: () => T): T | undefined => {
  try {
    return ask();
  } catch {
    reporter.report(`The audit log's client cannot tell the ${what} of a request: asking for it throws`);
    return undefined;
  }
};

type Known<Request> = {
  options: AdapterOptions<Request>;
  traceId: string | string[] | undefined;
  /** Used if the options say nothing. */
  id?: () => string;
  address: () => string | undefined;
};

const nameRequest = <Request>(
  request: Request,
  { options: { idOf, addressOf }, traceId, id, address }: Known<Request>,
): RequestOfEvent => {
  const given = asked('id', () => (idOf ? idOf(request) : id?.()));
  return requestOf({
    id: isSendable(given) ? given : randomUUID(),
    address: asked('address', () => (addressOf ? addressOf(request) : address())),
    traceId: Array.isArray(traceId) ? traceId[0] : traceId,
  });
};

/** Binds those of the emitters that exist, and their HTTP/2 streams: a framework may use something else. */
const bindAll = (emitters: readonly unknown[], request: RequestOfEvent): void => {
  for (const emitter of emitters.flatMap(one => [one, (one as { stream?: unknown } | undefined)?.stream]))
    if (typeof (emitter as Emitter | undefined)?.emit === 'function')
      bindToRequest(emitter as Emitter, request);
};

/** `createServer(withRequestContext((request, response) => …))`, for node:http or node:http2. */
export const withRequestContext =
  <Request extends Message = IncomingMessage, Response extends Emitter = ServerResponse>(
    listener: (request: Request, response: Response) => unknown,
    options: AdapterOptions<Request> = {},
  ) =>
  (request: Request, response: Response): void => {
    const address = (): string | undefined => request.socket?.remoteAddress;
    const named = nameRequest(request, { options, address, traceId: request.headers[traceHeader] });
    bindAll([request, response], named);
    runInRequest(named, () => listener(request, response));
  };

type ExpressRequest = Message & { ip?: string | undefined };

/** `app.use(expressRequestContext())`, before the routes. `trust proxy` decides on the address. */
export const expressRequestContext =
  <Request extends ExpressRequest>(options: AdapterOptions<Request> = {}) =>
  (request: Request, response: unknown, next: () => void): void => {
    const address = (): string | undefined => request.ip;
    const named = nameRequest(request, { options, address, traceId: request.headers[traceHeader] });
    bindAll([request, response], named);
    runInRequest(named, next);
  };

type FastifyRequest = { raw: Message; id: string; ip: string };

/**
 * `app.addHook('onRequest', fastifyRequestContext())`. The id is Fastify's (`genReqId`), the address comes
 * from `trustProxy`.
 */
export const fastifyRequestContext =
  <Request extends FastifyRequest>(options: AdapterOptions<Request> = {}) =>
  (request: Request, reply: unknown, done: () => void): void => {
    const { raw } = request;
    const known = { id: () => request.id, address: () => request.ip, traceId: raw.headers[traceHeader] };
    const named = nameRequest(request, { options, ...known });
    bindAll([raw, (reply as { raw?: unknown } | undefined)?.raw], named);
    runInRequest(named, done);
  };

type HonoContext = { req: { header(name: string): string | undefined }; env: unknown };

/**
 * `app.use(honoRequestContext())`. On Node the address is that of the connection, and connection events
 * (`onAbort`, the signal of the request) run in the request. Elsewhere set `addressOf`, and bind such
 * listeners yourself.
 */
export const honoRequestContext =
  <Context extends HonoContext>(options: AdapterOptions<Context> = {}) =>
  (context: Context, next: () => Promise<void>): Promise<void> => {
    const { incoming, outgoing } = (context.env ?? {}) as { incoming?: Message; outgoing?: unknown };
    const address = (): string | undefined => incoming?.socket?.remoteAddress;
    const named = nameRequest(context, { options, address, traceId: context.req.header(traceHeader) });
    bindAll([incoming, outgoing], named);
    return runInRequest(named, next);
  };

/**
 * `webSockets.on('connection', withWebSocketContext((socket, request) => …))`, for ws: each message of a
 * connection, and its end, belongs to the request that opened it.
 */
export const withWebSocketContext =
  <Socket extends Emitter, Request extends Message = IncomingMessage>(
    listener: (socket: Socket, request: Request) => unknown,
    options: AdapterOptions<Request> = {},
  ) =>
  (socket: Socket, request: Request): void => {
    const address = (): string | undefined => request.socket?.remoteAddress;
    const named = nameRequest(request, { options, address, traceId: request.headers[traceHeader] });
    bindAll([socket, request], named);
    runInRequest(named, () => listener(socket, request));
  };
