/**
 * Which request of the outside world is being served, carried along with whatever is done for it: what is recorded
 * meanwhile names it as its cause.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { isIP } from 'node:net';
import { isName } from '../domain/name.ts';
import type { RequestOfEvent } from './events.ts';

const serving = new AsyncLocalStorage<RequestOfEvent | null>();

/** The request that is being served; null where none is. */
export const currentRequest = (): RequestOfEvent | null => serving.getStore() ?? null;

/** Runs `work`, and all that follows from it, as done for `request`; null is for no request at all. */
export const runInRequest = <T>(request: RequestOfEvent | null, work: () => T): T =>
  serving.run(request, work);

/** What an adapter knows of a request. */
export type SeenRequest = {
  id: string;
  address: string | undefined;
  traceId: string | undefined;
};

/**
 * The request as events name it: IPv4 also where it came mapped into IPv6. Without an address there is none, since an event
 * cannot name a request without. A trace id that could not be stored is left out, and the event stays.
 */
export const requestOf = ({ id, address, traceId }: SeenRequest): RequestOfEvent | null => {
  const ip_address = address?.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').replace(/%.*$/, '');
  if (ip_address === undefined || isIP(ip_address) === 0) return null;
  return {
    id,
    ip_address,
    ...(traceId !== undefined && isName(traceId) ? { client_trace_id: traceId } : {}),
  };
};
