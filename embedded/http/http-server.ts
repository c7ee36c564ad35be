/**
 * HTTP for the gateway: Node's server, with answers of our own where Node would answer by itself, so that
 * every client gets a problem with a code, whatever it sends. Requests are limited in size and time,
 * connections in number. Nothing that was sent is logged.
 */
import { lookup } from 'node:dns/promises';
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import { type AddressInfo, isIPv6, type Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Answer, problem } from '#functions/http/answer.ts';
import { errorFacts, type Log, withLogContext } from '#functions/runtime/log.ts';
import { Connections } from './connections.ts';
import { brokenRequest, faultOf, maxHeaderBytes, noTunnel, tooManyConnections } from './http-faults.ts';

export type ServedAnswer = Omit<Answer, 'body'> & { body: Answer['body'] | Buffer | NodeJS.ReadableStream };

/**
 * Reads the body; throws a `BodyFault` if it is incomplete, or has more bytes than a request may or than
 * `limit`.
 */
export type ReadBody = (limit?: number) => Promise<Buffer>;

/** Answers a request. */
export type Respond = (request: IncomingMessage, readBody: ReadBody) => Promise<ServedAnswer>;

export const defaultLimits = {
  /** How long the headers, and then the whole request, may take to arrive. */
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  connections: 1000,
};
export type HttpLimits = Partial<typeof defaultLimits>;

/** Lambda's limit of a request's payload; handlers accept less. */
const maxBodyBytes = 6 * 1024 * 1024;
const keepAliveMs = 5000;
/** How long a connection may stall in the middle of an answer. */
const stallMs = 5 * 60_000;
/** How long a stop waits for requests in progress. */
const stopMs = 10_000;
/**
 * How much of a body is read and dropped after its answer: a client that is cut off while it sends may not
 * see the answer.
 */
const maxDrainBytes = 16 * 1024 * 1024;
/** How long a refused client may take to read the reason. */
const refusalMs = 2000;

class BodyFault extends Error {
  readonly reason: 'too large' | 'aborted';
  readonly limit: number;
  constructor(reason: BodyFault['reason'], limit: number) {
    super(`The body is ${reason}`);
    this.reason = reason;
    this.limit = limit;
  }
}

/** A request and its answer, with what Node does not know. */
type Exchange = { request: IncomingMessage; response: ServerResponse };

export class HttpServer {
  readonly #respond: Respond;
  readonly #log: Log;
  readonly #limits: typeof defaultLimits;
  readonly #connections: Connections;
  readonly #servers: Server[] = [];
  readonly #latest = new WeakMap<Duplex, Exchange>();
  readonly #refused = new WeakSet<Duplex>();
  #isStopping = false;

  constructor(respond: Respond, log: Log, limits: HttpLimits = {}) {
    this.#respond = respond;
    this.#log = log;
    this.#limits = { ...defaultLimits, ...limits };
    this.#connections = new Connections(this.#limits.connections);
  }

  /** Listens, for "localhost" on each of its addresses; returns the URL. Port 0 is any free port. */
  async listen(host: string, port: number): Promise<string> {
    const addresses = host === 'localhost' ? await lookup(host, { all: true }) : [{ address: host }];
    const first = await this.#open(addresses[0]!.address, port);
    for (const { address } of addresses.slice(1))
      await this.#open(address, first.port).catch(async (error: NodeJS.ErrnoException) => {
        // A machine may name an address that it does not have.
        if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') return;
        await this.stop();
        throw error;
      });
    return urlOf(first);
  }

  /** Takes no further requests, and ends those in progress first. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const closed = this.#servers.map(server => new Promise(resolve => server.close(resolve)));
    this.#connections.closeSilent();
    const timer = setTimeout(() => this.#connections.closeAll(), stopMs);
    await Promise.all(closed);
    clearTimeout(timer);
  }

  async #open(host: string, port: number): Promise<AddressInfo> {
    const { headersTimeoutMs, requestTimeoutMs } = this.#limits;
    const server = createServer({
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(2000, headersTimeoutMs),
      keepAliveTimeout: keepAliveMs,
      maxHeaderSize: maxHeaderBytes,
      // Checked here, to answer with a problem instead of an empty answer.
      requireHostHeader: false,
    });
    server.maxHeadersCount = 0;
    server.timeout = stallMs;
    // A client that has sent its request and closes its side, as `nc` does, still waits for the answer.
    Object.assign(server, { httpAllowHalfOpen: true });
    server.on('connection', socket => this.#connect(socket));
    server.on('request', (request, response) => this.#take({ request, response }, false));
    server.on('checkContinue', (request, response) => this.#take({ request, response }, true));
    server.on('checkExpectation', (request, response) => this.#take({ request, response }, false));
    server.on('connect', (_, socket) => this.#refuse(socket, noTunnel()));
    server.on('clientError', (error, socket) => this.#break(error, socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    this.#servers.push(server);
    return server.address() as AddressInfo;
  }

  #connect(socket: Socket): void {
    if (!this.#connections.add(socket)) this.#refuse(socket, tooManyConnections());
  }

  async #take(exchange: Exchange, expectsContinue: boolean): Promise<void> {
    const { request, response } = exchange;
    // A connection that was refused by hand has no answer left to give.
    if (this.#refused.has(request.socket)) return;
    this.#latest.set(request.socket, exchange);
    const progress = this.#connections.begin(request.socket);
    response.once('close', progress.hasEnded);
    // A client that has gone is not a fault of the server.
    response.on('error', () => undefined);
    if (this.#isStopping) response.setHeader('connection', 'close');
    let isContinued = !expectsContinue;
    const readBody: ReadBody = async (limit = maxBodyBytes) => {
      if (Number(request.headers['content-length'] ?? 0) > limit) throw new BodyFault('too large', limit);
      if (!isContinued) response.writeContinue();
      isContinued = true;
      const body = await readWhole(request, limit);
      progress.isAnswered();
      return body;
    };
    if (!hasBody(request)) progress.isAnswered();
    const fault = faultOf(request);
    // The end of such a request's body is uncertain.
    if (fault) isContinued = false;
    const answer = fault ?? (await withLogContext({}, () => this.#answerTo(request, readBody)));
    // A client that did not get 100 Continue may leave the body out, and send its next request in its place.
    if (!isContinued) response.setHeader('connection', 'close');
    if (this.#refused.has(request.socket)) return;
    if (isWhole(answer.body)) progress.isMoving();
    await give(exchange, answer, isContinued).catch(error => {
      // A stream failed after the headers: the connection is cut, so that the client does not take a part for
      // the whole.
      if (!isOfClient(error)) this.#log('error', 'An answer failed', errorFacts(error));
      response.destroy();
    });
  }

  async #answerTo(request: IncomingMessage, readBody: ReadBody): Promise<ServedAnswer> {
    try {
      return await this.#respond(request, readBody);
    } catch (error) {
      if (!(error instanceof BodyFault)) {
        this.#log('error', 'A request failed', errorFacts(error));
        return problem('internal_error', 'Internal error; see the operational log');
      }
      return error.reason === 'too large'
        ? problem('body_too_large', `A request has at most ${error.limit} bytes`)
        : problem('bad_request', 'The body did not come to its end');
    }
  }

  /** A request that cannot be read as HTTP, or does not arrive in time. */
  #break(error: Error & { code?: string; rawPacket?: Buffer }, socket: Duplex): void {
    if (this.#refused.has(socket)) return;
    const { request, response } = this.#latest.get(socket) ?? {};
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else if (!request || !response) this.#refuse(socket, brokenRequest(error));
    else if (request.complete) {
      // A complete request gets its answer, whatever follows it.
      if (response.writableEnded) this.#refuse(socket, brokenRequest(error));
      else if (!response.headersSent) response.setHeader('connection', 'close');
    } else if (response.headersSent) socket.destroy();
    else this.#refuse(socket, brokenRequest(error));
  }

  /** Answers by hand, if there is no response object, and ends the connection. */
  #refuse(socket: Duplex, { statusCode, headers, body }: Answer): void {
    this.#refused.add(socket);
    const lines = Object.entries({
      date: new Date().toUTCString(),
      ...headers,
      ...everyHeader,
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.on('error', () => socket.destroy());
    socket.end(`HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}\r\n${lines.join('')}\r\n${body}`);
    // Further bytes are read and dropped: closing over unread bytes would lose the answer.
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), refusalMs);
    socket.once('close', () => clearTimeout(timer));
  }
}

const everyHeader = { 'x-content-type-options': 'nosniff' };

/** Writes an answer; resolves once it has been sent completely. */
const give = async (
  { request, response }: Exchange,
  { statusCode, headers, body }: ServedAnswer,
  isBodyOnItsWay: boolean,
): Promise<void> => {
  response.statusCode = statusCode;
  for (const [name, value] of Object.entries({ ...everyHeader, ...headers })) response.setHeader(name, value);
  if (!isWhole(body)) {
    if (request.method !== 'HEAD') return pipeline(body, response);
    (body as Readable).destroy();
    response.end();
    return;
  }
  if (statusCode !== 204) response.setHeader('content-length', Buffer.byteLength(body));
  if (isBodyOnItsWay && !request.complete) {
    response.flushHeaders();
    // Node leaves the body out of an answer to HEAD.
    response.write(body);
    await drain(request);
    response.end();
  } else response.end(body);
};

const isWhole = (body: ServedAnswer['body']): body is string | Buffer =>
  typeof body === 'string' || Buffer.isBuffer(body);

/** Reads the rest of an unneeded body, within limits. */
const drain = (request: IncomingMessage): Promise<void> =>
  new Promise(resolve => {
    let left = maxDrainBytes;
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) request.socket.destroy();
    });
    request.once('end', resolve).once('close', resolve);
  });

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const readWhole = async (request: IncomingMessage, limit: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const stop = (done: () => void): void => {
      request.off('data', take).off('end', end).off('close', abort).off('error', abort);
      // A later error is that of a client that has gone.
      request.on('error', () => undefined);
      done();
    };
    const take = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > limit) stop(() => reject(new BodyFault('too large', limit)));
      else chunks.push(chunk);
    };
    const end = (): void => stop(() => resolve(Buffer.concat(chunks, length)));
    const abort = (): void => stop(() => reject(new BodyFault('aborted', limit)));
    request.on('data', take).on('end', end).on('close', abort).on('error', abort);
  });

/** Whether an answer failed because the client has gone. */
const isOfClient = (error: NodeJS.ErrnoException): boolean =>
  ['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_UNABLE_TO_PIPE', 'ECONNRESET', 'EPIPE'].includes(
    error.code ?? '',
  );

/** For an address that means every address, the one by which this machine reaches itself. */
const urlOf = ({ address, port }: AddressInfo): string => {
  const host = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
};
