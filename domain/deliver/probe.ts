/**
 * An event that stands for no event: it is sent to prove that a destination takes what is sent. It has the form of
 * the others, so that a receiver which refuses their form refuses the probe as well.
 */
import { selfAuditActor } from '#domain/access/self-audit-event.ts';
import { derivedId } from '#domain/derived-id.ts';
import type { Cells } from '#domain/filter/filter.ts';
import type { Instant } from '#domain/time.ts';

export const probeAction = 'audit_log.delivery.test';

export const probeCells = (at: Instant): Cells => ({
  action: probeAction,
  actor: JSON.stringify(selfAuditActor),
  target: '{"id":"delivery","type":"delivery"}',
  payload: '{}',
  occurred_at: at,
  metadata: '{}',
  id: derivedId('probe', at),
  version: 1,
  success: true,
});
