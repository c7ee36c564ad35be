/**
 * Which external request is being served, passed along with everything that is done for it. Events recorded
 * meanwhile name it as their cause.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { isIP } from 'node:net';
import { isName } from '../domain/event/name.ts';
import type { RequestOfEvent } from './events.ts';

const serving = new AsyncLocalStorage<RequestOfEvent | null>();

/** The request being served; null if there is none. */
export const currentRequest = (): RequestOfEvent | null => serving.getStore() ?? null;

/** Runs `work`, and everything that follows from it, as done for `request`; null stands for no request. */
export const runInRequest = <T>(request: RequestOfEvent | null, work: () => T): T =>
  serving.run(request, work);

type Emitter = { emit(...args: never[]): boolean };

/** What an emitter is bound to, for as long as the emitter lives. */
const bindings = new WeakMap<object, RequestOfEvent | null>();

/**
 * Runs the listeners of an emitter (a stream, a socket, a child process) in a request, whatever caused the
 * event: the parts and the end of a body are events of the connection, which existed before the request and
 * outlives it.
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

/** Whether a text can be an id of a request by which the log can be searched. */
export const isSendable = (text: unknown): text is string => typeof text === 'string' && isName(text);

/**
 * The request as events name it. An IPv4 address that is mapped into IPv6 becomes IPv4. Something that is not
 * an address (it is missing, or has a port) or not a trace id is left out, and the rest stays.
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
