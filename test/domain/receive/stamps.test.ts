import { describe, expect, it } from 'vitest';
import { stampEvent, stampRequest } from '#domain/receive/stamps.ts';
import { accepted, anId, eventText } from '#test/support/builders.ts';

const now = '2026-11-23T12:00:00.000000000Z';
const bringing = { id: 'req-1', address: '192.0.2.7', traceId: 't-1' };
const stamp = (change: Record<string, unknown>) =>
  stampEvent(accepted(eventText(change)), stampRequest(bringing), now, () => anId);

describe('what the receiver adds', () => {
  it('is an id, a time and the request, if the event has none', () => {
    expect(stamp({ id: undefined, occurred_at: undefined, request: undefined })).toEqual({
      id: anId,
      occurredAt: now,
      request: '{"id":"req-1","ip_address":"192.0.2.7","client_trace_id":"t-1"}',
      requestId: 'req-1',
      clientTraceId: 't-1',
      receivedAt: now,
    });
  });

  it('changes nothing that was sent', () => {
    const occurred_at = '2026-11-23T11:00:00.000000000Z';
    const sent = { id: '00000000-0000-4000-8000-00000000000a', occurred_at, request: { id: 'own' } };
    expect(stamp(sent)).toMatchObject({
      id: sent.id,
      occurredAt: occurred_at,
      request: '{"id":"own"}',
      requestId: 'own',
      clientTraceId: undefined,
      receivedAt: now,
    });
  });

  it('is no request if the event says that there was none', () => {
    expect(stamp({ request: null })).toMatchObject({ request: undefined, requestId: undefined });
  });

  it('leaves out a trace id that is not a name, and everything if nothing brought the event', () => {
    expect(stampRequest({ ...bringing, traceId: 'a\u0000' }).request).not.toContain('client_trace_id');
    expect(stampRequest(undefined).request).toBeUndefined();
  });
});
