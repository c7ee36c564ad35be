import { describe, expect, it } from 'vitest';
import {
  type AdminChange,
  applyChange,
  isMade,
  printAdmin,
  proposeChange,
  selfAuditEventOfChange,
} from '#domain/access/admin.ts';

const at = '2026-11-23T12:00:00.000000000Z';
const change = (type: AdminChange['type']): AdminChange => ({
  id: 'c-1',
  type,
  at,
  role: 'operator',
  principal: 'arn:aws:iam::1:role/ops',
});

describe('an admin of a scope', () => {
  it('is one once the change is made, and stays on record when it is revoked', () => {
    const proposed = proposeChange(undefined, 'acme', 'u-1', change('grant'));
    expect(proposed).toMatchObject({ is_admin: false, changed_at: null, intent: { id: 'c-1' } });
    const granted = applyChange(proposed);
    expect(granted).toMatchObject({ user_id: 'u-1', is_admin: true, changed_at: at, intent: null });
    expect(printAdmin(granted)).toMatchObject({ user_id: 'u-1', granted_at: at });
    const revoked = applyChange(proposeChange(granted, 'acme', 'u-1', change('revoke')));
    expect(revoked).toMatchObject({ user_id: 'u-1', is_admin: false, intent: null });
  });

  it('need not be granted or revoked again', () => {
    const granted = applyChange(proposeChange(undefined, 'acme', 'u-1', change('grant')));
    expect([granted, undefined].map(record => isMade(record, { type: 'grant' }))).toEqual([true, false]);
    expect([granted, undefined].map(record => isMade(record, { type: 'revoke' }))).toEqual([false, true]);
  });

  it('is recorded in the log of the scope, from the intent alone', () => {
    const proposed = proposeChange(undefined, 'acme', 'u-1', change('grant'));
    expect(selfAuditEventOfChange(proposed)).toMatchObject({
      action: 'admin.grant',
      id: 'c-1',
      at,
      target: { id: 'u-1', type: 'user' },
      scopeId: 'acme',
      success: true,
    });
  });
});
