import { describe, expect, it } from 'vitest';
import { printEvent } from '#domain/browse/event-json.ts';
import { cellsOf, uuid } from '#test/support/browse-world.ts';

const at = '2026-11-23T12:00:00.000000000Z';
const cells = (change: Record<string, unknown> = {}) =>
  cellsOf({ id: uuid(1), occurredAt: at, filedAt: at, scope: 'acme', change });
const none = () => undefined;

describe('a printed event', () => {
  it('has the fields as they were sent, token for token, and when it was received and filed', () => {
    const text = printEvent(
      { ...cells(), payload: '{"b":1.50,"a":12345678901234567890,"\\u0061b":"\\/"}' },
      none,
    );
    expect(text).toContain('"payload":{"b":1.50,"a":12345678901234567890,"\\u0061b":"\\/"}');
    expect(JSON.parse(text)).toMatchObject({
      id: uuid(1),
      scope: { id: 'acme' },
      request: null,
      received_at: at,
      filed_at: at,
    });
    expect(text).not.toContain('\n');
  });

  it('keeps no strict reader from its page: what readers differ about is a string', () => {
    const payload = '{"a":1,"a":2}';
    expect(
      JSON.parse(printEvent({ ...cells(), payload }, () => ({ version: 2, payload: {} }))),
    ).toMatchObject({
      payload,
      irregular: ['payload'],
    });
  });

  it('has its newer form beside it, and the codes of its warnings', () => {
    const text = printEvent({ ...cells(), warnings: 'truncated,not_a_name' }, (action, version, payload) => ({
      version: version + 1,
      payload: { action, ...payload },
    }));
    expect(JSON.parse(text)).toMatchObject({
      warnings: ['truncated', 'not_a_name'],
      current: { version: 2, payload: { action: 'context.create', name: 'deploy' } },
    });
    expect(JSON.parse(printEvent(cells(), none))).not.toHaveProperty('current');
  });
});
