import { describe, expect, it } from 'vitest';
import { encodeSelfAuditEvent } from '#domain/access/self-audit-event.ts';
import {
  type ChangingDelivery,
  type Delivery,
  type DeliveryEvent,
  decidePause,
  evolveDelivery,
  fixedPartOf,
  selfAuditEventOfDelivery,
} from '#domain/deliver/delivery.ts';
import { definition } from '#test/support/deliver-world.ts';

const at = '2026-11-26T10:00:00.000000000Z';
const changing = (change: Partial<ChangingDelivery> = {}): DeliveryEvent => ({
  type: 'changing',
  at,
  scope_id: 'acme',
  id: 'siem',
  kind: 'create',
  definition,
  by: { role: 'admin', principal: 'u-1' },
  ...(change.kind === undefined ? { origin: { from: at, incarnation: '0a', external_id: 'x' } } : {}),
  ...change,
});
const changed: DeliveryEvent = { type: 'changed', at };
const given = (...events: DeliveryEvent[]): Delivery =>
  events.reduce<Delivery | undefined>(evolveDelivery, undefined)!;

describe('a delivery', () => {
  it('exists once its creation is recorded in the log', () => {
    expect(given(changing()).definition).toBeUndefined();
    expect(given(changing(), changed)).toMatchObject({ definition, definitionVersion: 2, resumes: 0 });
    expect(given(changing(), { type: 'dropped', at }).definition).toBeUndefined();
  });

  it('changes one step at a time', () => {
    expect(() => given(changing(), changing({ kind: 'update' }))).toThrow('one step at a time');
    const deleted = given(changing(), changed, changing({ kind: 'delete' }), changed);
    expect(deleted.isDeleted).toBe(true);
    expect(() => evolveDelivery(deleted, changing({ kind: 'update' }))).toThrow('one step at a time');
  });

  it('keeps the requests to send again, and how often it was resumed', () => {
    const replay = { id: 'r', first_run: 1, last_run: 2 };
    const delivery = given(
      changing(),
      changed,
      changing({ kind: 'resume' }),
      changed,
      changing({ kind: 'replay', replay }),
      changed,
    );
    expect(delivery).toMatchObject({ resumes: 1, replays: [replay] });
  });

  it('records each change as an event that a row can hold', () => {
    for (const kind of ['create', 'update', 'pause', 'resume', 'replay', 'delete'] as const) {
      const event = selfAuditEventOfDelivery(given(changing(), changed, changing({ kind })));
      expect(event).toMatchObject({ action: `delivery.${kind}`, target: { id: 'siem', type: 'delivery' } });
      expect(() => encodeSelfAuditEvent(event, at)).not.toThrow();
    }
    const paused = given(changing(), changed, decidePause(given(changing(), changed), at));
    expect(selfAuditEventOfDelivery(paused)).toMatchObject({
      actor: { id: 'annals' },
      payload: { paused: true, because: expect.any(String) },
    });
  });

  it('has parts that never change', () => {
    const url = 'https://siem.example.com/services/collector';
    expect(fixedPartOf({ type: 'https', url })).toBe(fixedPartOf({ type: 'https', url: `${url}/raw` }));
    expect(fixedPartOf({ type: 'https', url })).not.toBe(fixedPartOf({ type: 'https', url, preset: 'otlp' }));
    const s3 = { type: 's3', bucket: 'b', region: 'eu-central-1', role_arn: 'r' } as const;
    expect(fixedPartOf(s3)).not.toBe(fixedPartOf({ ...s3, prefix: 'p' }));
    expect(fixedPartOf({ type: 'directory', path: 'a' })).not.toBe(
      fixedPartOf({ type: 'directory', path: 'b' }),
    );
  });
});
