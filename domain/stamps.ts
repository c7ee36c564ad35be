/**
 * What the receiver adds to an event: the time of receipt, an id and a time where the event has neither, and, where
 * the event says nothing of a request, the HTTP request that brought it. Nothing that was sent is changed.
 */
import type { AuditEvent } from './event.ts';
import type { Instant } from './time.ts';

/** `id`, `occurredAt` and `request` are the event's own where it has them. */
export type Stamps = {
  id: string;
  occurredAt: Instant;
  request: string | undefined;
  requestId: string | undefined;
  clientTraceId: string | undefined;
  receivedAt: Instant;
};

/** The request that brought an event, as the gateway saw it. */
export type BringingRequest = { id: string; address: string | undefined; traceId: string | undefined };

export type StampedRequest = Pick<Stamps, 'request' | 'requestId' | 'clientTraceId'>;

/** What stands for `request` where an event says nothing of it: nothing, where it came without HTTP. */
export const stampRequest = (bringing: BringingRequest | undefined): StampedRequest => {
  if (!bringing) return { request: undefined, requestId: undefined, clientTraceId: undefined };
  const { id, address, traceId } = bringing;
  const request = {
    id,
    ...(address === undefined ? {} : { ip_address: address }),
    ...(traceId === undefined ? {} : { client_trace_id: traceId }),
  };
  return { request: JSON.stringify(request), requestId: id, clientTraceId: traceId };
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
