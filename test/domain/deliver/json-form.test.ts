import { describe, expect, it } from 'vitest';
import { jsonForm } from '#domain/deliver/json-form.ts';

const cells = {
  action: 'context.create',
  actor: '{"id":"u1","type":"user"}',
  target: '{"id":"c1","type":"context"}',
  payload: '{"n":1.50,"t":"\\u2028"}',
  occurred_at: '2026-11-26T10:00:00.000000001Z',
  metadata: '{}',
  id: '0191f3a0-0000-8000-8000-000000000001',
  version: 1,
  success: true,
  scope_id: 'acme',
  filed_at: '2026-11-26T10:00:01.000000001Z',
};

describe('the JSON form', () => {
  it('has the members of an export, with the tokens that were sent', () => {
    expect(jsonForm.line(cells)).toBe(
      '{"action":"context.create","actor":{"id":"u1","type":"user"},"target":{"id":"c1","type":"context"},' +
        '"payload":{"n":1.50,"t":"\\u2028"},"occurred_at":"2026-11-26T10:00:00.000000001Z","metadata":{},' +
        '"id":"0191f3a0-0000-8000-8000-000000000001","version":1,"scope":null,"success":true,"request":null}\n',
    );
  });

  it('writes what readers would differ about as text, and says so', () => {
    const line = jsonForm.line({ ...cells, payload: '{"a":1,"a":2}' });
    expect(JSON.parse(line)).toMatchObject({ payload: '{"a":1,"a":2}', irregular: ['payload'] });
  });
});
