/**
 * Which request of the outside world is being served, carried along with whatever is done for it: what is recorded
 * meanwhile names it as its cause.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { isIP } from 'node:net';
import { isName } from '#domain/event/name.ts';
import type { RequestOfEvent } from './events.ts';

const serving = new AsyncLocalStorage<RequestOfEvent | null>();

/** The request that is being served; null if there is none. */
export const currentRequest = (): RequestOfEvent | null => serving.getStore() ?? null;

/** Runs `work`, and all that follows from it, as done for `request`; null is for no request at all. */
export const runInRequest = <T>(request: RequestOfEvent | null, work: () => T): T =>
  serving.run(request, work);

type Emitter = { emit(...args: never[]): boolean };

/** What an emitter is bound to, as long as that lives. */
const bindings = new WeakMap<object, RequestOfEvent | null>();

/**
 * Has whoever listens to an emitter (a stream, a socket, a child process) run in a request, whatever caused
 * what is told: the parts and the end of a body are events of the connection, which was there before the
 * request and outlives it.
 */
export const bindToRequest = <E extends Emitter>(emitter: E, request = currentRequest()): E => {
  const isBound = bindings.has(emitter);
  bindings.set(emitter, request);
  if (isBound) return emitter;
  const { emit } = emitter as unknown as { emit(...args: unknown[]): boolean };
  Object.defineProperty(emitter, 'emit', {
    value: (...args: unknown[]) =>
      runInRequest(bindings.get(emitter) ?? null, () => Reflect.apply(emit, emitter, args)),
    configurable: true,
    writable: true,
  });
  return emitter;
};

/** What an adapter knows of a request. */
export type SeenRequest = {
  id: string;
  address: string | undefined;
  traceId: string | undefined;
};

/** Whether a text can be an id of a request that the log can be searched by. */
export const isSendable = (text: unknown): text is string =>
  typeof text === 'string' && isName(text) && !/\p{Cs}/u.test(text);

/**
 * The request as events name it: IPv4 also if it came mapped into IPv6. What is no address (there is none, or it has a
 * port), or no trace id, is left out, and the rest stays.
 */
export const requestOf = ({ id, address, traceId }: SeenRequest): RequestOfEvent => {
  const ip_address =
    typeof address === 'string'
      ? address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').replace(/%.*$/, '')
      : '';
  return {
    id,
    ...(isIP(ip_address) === 0 ? {} : { ip_address }),
    ...(isSendable(traceId) ? { client_trace_id: traceId } : {}),
  };
};
