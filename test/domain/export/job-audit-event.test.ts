import { describe, expect, it } from 'vitest';
import { encodeSelfAuditEvent } from '#domain/access/self-audit-event.ts';
import { selfAuditEventOf } from '#domain/export/job-audit-event.ts';
import { asked, at, given, requested, result, running, starting } from '#test/support/export-events.ts';

describe('the audit event of an export', () => {
  it('records an intent as the same event, however often', () => {
    const job = given(asked, requested, starting, running, { type: 'completing', at, result });
    const one = encodeSelfAuditEvent(selfAuditEventOf(job), at);
    expect(encodeSelfAuditEvent(selfAuditEventOf(job), at)).toEqual(one);
    expect(JSON.parse(one.row)).toMatchObject({
      action: 'audit_log.export.complete',
      scope_id: 'acme',
      target_id: 'e-1',
      success: true,
    });
  });
});
