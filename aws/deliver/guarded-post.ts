/**
 * One POST to a URL that a customer chose. The name is resolved once, every address that it has must be allowed, and
 * the connection goes to one of these: nothing resolves it a second time. The certificate must be trusted and of that
 * name. Redirects are not followed, the proxies of the environment are not used, and neither the answer nor an error
 * that might quote the URL leaves this file.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { DeliveryFault } from '#domain/deliver/destination.ts';
import type { HttpsAnswer } from '#domain/deliver/https-answer.ts';
import { mayConnectTo } from '#domain/deliver/public-address.ts';
import { type Address, resolveHost } from './resolve-host.ts';

export type HttpsPolicy = {
  /** Networks that may be connected to though they are not public, as CIDR. */
  allowedNetworks: readonly string[];
  /** Ports besides 443. */
  allowedPorts: readonly number[];
  /** Certificates that are trusted besides those of Node, as PEM. */
  ca?: string | undefined;
  totalMs: number;
  /** Between two bytes, and until the first. */
  idleMs: number;
  resolve(host: string): Promise<readonly Address[]>;
};

export const publicInternet: HttpsPolicy = {
  allowedNetworks: [],
  allowedPorts: [],
  totalMs: 30_000,
  idleMs: 15_000,
  resolve: host => resolveHost(host),
};

export type PostOutcome = HttpsAnswer | { fault: DeliveryFault };

export type PostedRequest = { url: string; headers: Readonly<Record<string, string>>; body: Buffer };

/** As much of an answer as a preset has to read. */
const maxAnswerBytes = 64 * 1024;
const maxHeaderBytes = 16 * 1024;

class NotAllowed extends Error {}

export const guardedPost = (
  policy: HttpsPolicy,
  { url, headers, body }: PostedRequest,
  signal: AbortSignal,
): Promise<PostOutcome> => {
  const target = new URL(url);
  if (!isAllowedTarget(target, policy)) return Promise.resolve({ fault: 'address_not_allowed' });
  const { username, password, hostname } = target;
  const userinfo = username === '' && password === '' ? undefined : basic(username, password);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(policy.totalMs)]);
  return new Promise(resolve => {
    const request = httpsRequest(
      {
        method: 'POST',
        // Without its brackets, an IPv6 address.
        host: hostname.replace(/^\[|\]$/g, ''),
        port: target.port || 443,
        path: `${target.pathname}${target.search}`,
        headers: {
          ...headers,
          ...(userinfo === undefined ? {} : { authorization: userinfo }),
          'content-length': body.length,
        },
        agent: new Agent({ keepAlive: false }),
        lookup: checkedLookup(policy),
        rejectUnauthorized: true,
        maxHeaderSize: maxHeaderBytes,
        ...(policy.ca === undefined ? {} : { ca: policy.ca }),
        signal: limit,
      },
      response => readAnswer(response, limit, resolve),
    );
    const end = (fault: DeliveryFault): void => {
      request.destroy();
      resolve({ fault });
    };
    request.setTimeout(policy.idleMs, () => end('timed_out'));
    // Without this nothing ends the request: Node closes the connection and says nothing.
    request.on('upgrade', (_, socket) => {
      socket.destroy();
      end('unexpected_answer');
    });
    request.on('error', error => end(limit.aborted ? 'timed_out' : faultOf(error, request)));
    request.end(body);
  });
};

/** An address that stands in the URL is connected to without a look-up, so it is checked here. */
const isAllowedTarget = ({ protocol, hostname, port }: URL, policy: HttpsPolicy): boolean => {
  if (protocol !== 'https:') return false;
  if (port !== '' && port !== '443' && !policy.allowedPorts.includes(Number(port))) return false;
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 || mayConnectTo(host, policy.allowedNetworks);
};

/** As in a query, so that a lone `%` is not an error. */
const decoded = (text: string): string =>
  new URLSearchParams(`_=${text.replaceAll('+', '%2B').replaceAll('&', '%26')}`).get('_')!;

const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`;

/** What Node calls in the place of a look-up: it gives addresses only if all of them are allowed. */
const checkedLookup =
  ({ resolve, allowedNetworks }: HttpsPolicy): LookupFunction =>
  (host, { all }, done) => {
    resolve(host).then(
      addresses => {
        const [first] = addresses;
        if (!first || addresses.some(({ address }) => !mayConnectTo(address, allowedNetworks)))
          return done(new NotAllowed(), '');
        if (all) return done(null, [...addresses]);
        done(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => done(error, ''),
    );
  };

/** Bytes beyond the limit are not read, and the connection ends: what counts has been said. */
const readAnswer = (
  response: IncomingMessage,
  limit: AbortSignal,
  resolve: (outcome: PostOutcome) => void,
): void => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const end = (): void =>
    resolve({
      status: response.statusCode!,
      retryAfter: response.headers['retry-after'],
      body: Buffer.concat(chunks).toString('utf8', 0, maxAnswerBytes),
    });
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes < maxAnswerBytes) return;
    end();
    response.destroy();
  });
  response.on('end', end);
  // Half of an answer may lack what a preset has to read.
  response.on('error', () => resolve({ fault: limit.aborted ? 'timed_out' : 'unexpected_answer' }));
};

const faultOf = (error: NodeJS.ErrnoException, request: ClientRequest): DeliveryFault => {
  if (error instanceof NotAllowed) return 'address_not_allowed';
  if (error.code === 'ETIMEDOUT') return 'timed_out';
  const socket = request.socket as TLSSocket | null;
  if (error.code?.startsWith('ERR_TLS_CERT') || socket?.authorizationError) return 'certificate_not_trusted';
  return 'unreachable';
};
