/**
 * What the receiver adds to an event: the time of receipt; an id and a time if the event has none; and, if
 * the event does not mention a request, the HTTP request that delivered it. Nothing that was sent is changed.
 */
import type { AuditEvent } from '#domain/event/event.ts';
import { isName } from '#domain/event/name.ts';
import type { Instant } from '#domain/time.ts';

/**
 * `id`, `occurredAt` and `request` are the event's own if it has them; `requestId` and `clientTraceId` are
 * names.
 */
export type Stamps = {
  id: string;
  occurredAt: Instant;
  request: string | undefined;
  requestId: string | undefined;
  clientTraceId: string | undefined;
  receivedAt: Instant;
};

/**
 * The request that delivered an event, as the gateway saw it; `address` is that of the caller, if it is
 * known.
 */
export type BringingRequest = { id: string; address: string | undefined; traceId: string | undefined };

export type StampedRequest = Pick<Stamps, 'request' | 'requestId' | 'clientTraceId'>;

/**
 * The stamp for events that do not mention a request: empty if they came without HTTP or stamping is switched
 * off.
 */
export const stampRequest = (bringing: BringingRequest | undefined): StampedRequest => {
  if (!bringing) return { request: undefined, requestId: undefined, clientTraceId: undefined };
  const { id, address, traceId } = bringing;
  // A header that is not a valid name could not be searched for, and no client sends one on purpose.
  const clientTraceId = traceId !== undefined && isName(traceId) ? traceId : undefined;
  const request = {
    id,
    ...(address === undefined ? {} : { ip_address: address }),
    ...(clientTraceId === undefined ? {} : { client_trace_id: clientTraceId }),
  };
  return { request: JSON.stringify(request), requestId: isName(id) ? id : undefined, clientTraceId };
};

const ownRequest = ({ request, requestId, clientTraceId }: AuditEvent): StampedRequest => ({
  request: request ?? undefined,
  requestId,
  clientTraceId,
});

/** `request: null` says that there was no request, so nothing is stamped either. */
export const stampEvent = (
  event: AuditEvent,
  stamped: StampedRequest,
  receivedAt: Instant,
  newId: () => string,
): Stamps => {
  const { request, requestId, clientTraceId } = event.request === undefined ? stamped : ownRequest(event);
  return {
    id: event.id ?? newId(),
    occurredAt: event.occurredAt ?? receivedAt,
    request,
    requestId,
    clientTraceId,
    receivedAt,
  };
};
