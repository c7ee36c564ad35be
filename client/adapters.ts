/**
 * The request context for servers: node:http and what is built on it (Express, Fastify), and Hono. Each request gets an id
 * of its own; the address is the one that the framework sees, so that its setting for trusted proxies holds.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isName } from '../domain/name.ts';
import { requestOf, runInRequest } from './request-context.ts';

export type AdapterOptions<Request> = {
  /**
   * The id of a request, where something in front has given it one (a header that only your proxy sets, say); else one is
   * made. Undefined, or what cannot be an id, is none.
   */
  idOf?: (request: Request) => string | undefined;
  /** The address that the request came from, where it is not that of the connection: behind a proxy, say. */
  addressOf?: (request: Request) => string | undefined;
};

const traceHeader = 'x-client-trace-id';

const idFor = (given: string | undefined): string =>
  given !== undefined && isName(given) ? given : randomUUID();

const firstOf = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

/** Runs `work` for a request of node:http. */
const serve = <T>(message: IncomingMessage, id: string, address: string | undefined, work: () => T): T => {
  const request = requestOf({ id, address, traceId: firstOf(message.headers[traceHeader]) });
  // The parts of a body are events of the connection, which was there before the request: what listens to them would
  // otherwise be outside of it.
  const emit = message.emit.bind(message) as (...args: unknown[]) => boolean;
  message.emit = ((...args: unknown[]) => runInRequest(request, () => emit(...args))) as typeof message.emit;
  return runInRequest(request, work);
};

/** `createServer(withRequestContext((request, response) => …))` */
export const withRequestContext =
  <Response extends ServerResponse>(
    listener: (request: IncomingMessage, response: Response) => unknown,
    { idOf, addressOf }: AdapterOptions<IncomingMessage> = {},
  ) =>
  (request: IncomingMessage, response: Response): void => {
    const address = addressOf ? addressOf(request) : request.socket.remoteAddress;
    serve(request, idFor(idOf?.(request)), address, () => listener(request, response));
  };

type ExpressRequest = IncomingMessage & { ip?: string | undefined };

/** `app.use(expressRequestContext())`, before the routes. `trust proxy` decides on the address. */
export const expressRequestContext =
  <Request extends ExpressRequest>({ idOf, addressOf }: AdapterOptions<Request> = {}) =>
  (request: Request, _response: unknown, next: () => void): void =>
    serve(request, idFor(idOf?.(request)), addressOf ? addressOf(request) : request.ip, next);

type FastifyRequest = { raw: IncomingMessage; id: string; ip: string };

/** `app.addHook('onRequest', fastifyRequestContext())`. The id is Fastify's (`genReqId`), the address by `trustProxy`. */
export const fastifyRequestContext =
  <Request extends FastifyRequest>({ idOf, addressOf }: AdapterOptions<Request> = {}) =>
  (request: Request, _reply: unknown, done: () => void): void =>
    serve(
      request.raw,
      idFor(idOf ? idOf(request) : request.id),
      addressOf ? addressOf(request) : request.ip,
      done,
    );

type HonoContext = { req: { header(name: string): string | undefined }; env: unknown };

/** `app.use(honoRequestContext())`. On Node the address is that of the connection; elsewhere say `addressOf`. */
export const honoRequestContext =
  <Context extends HonoContext>({ idOf, addressOf }: AdapterOptions<Context> = {}) =>
  (context: Context, next: () => Promise<void>): Promise<void> => {
    const { incoming } = (context.env ?? {}) as { incoming?: IncomingMessage };
    const request = requestOf({
      id: idFor(idOf?.(context)),
      address: addressOf ? addressOf(context) : incoming?.socket.remoteAddress,
      traceId: context.req.header(traceHeader),
    });
    return runInRequest(request, next);
  };
