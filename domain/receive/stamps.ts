/**
 * What the receiver adds to an event: the time of receipt, an id and a time if the event has neither, and, if
 * the event says nothing of a request, the HTTP request that brought it. Nothing that was sent is changed.
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
 * The request that brought an event, as the gateway saw it; `address` is that of the caller, if anybody can
 * know it.
 */
export type BringingRequest = { id: string; address: string | undefined; traceId: string | undefined };

export type StampedRequest = Pick<Stamps, 'request' | 'requestId' | 'clientTraceId'>;

/**
 * What stands for `request` if an event says nothing of it: nothing, if it came without HTTP or nothing is to
 * be stamped.
 */
export const stampRequest = (bringing: BringingRequest | undefined): StampedRequest => {
  if (!bringing) return { request: undefined, requestId: undefined, clientTraceId: undefined };
  const { id, address, traceId } = bringing;
  // Nobody could search by a header that is not a name, and no client meant to send one.
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

/** `request: null` says that there was none, so nothing is stamped either. */
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
