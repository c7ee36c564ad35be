/**
 * `content_sha256`: what an emitter said, in canonical form, without what was stamped on receipt. Two copies
 * of an event with the same hash are duplicates; with different ones, a conflict. The form is on disk for
 * ever; golden vectors hold it.
 *
 * Form: SHA-256 over a JSON array of the fields in the contract's order, nested fields as canonical JSON (see
 * json-text.ts), what was not sent as an empty place; of `request`, `null` as sent.
 */
import { createHash } from 'node:crypto';
import type { AuditEvent } from './event.ts';

/** The canonical JSON of the nested fields. */
export type CanonicalFields = {
  actor: string;
  target: string;
  payload: string;
  metadata: string;
  scope: string | undefined;
  request: string | null | undefined;
};

export const hashContent = (event: AuditEvent, nested: CanonicalFields): string => {
  const { action, occurredAt = '', id = '', version, success } = event;
  const { actor, target, payload, metadata, scope = '', request = '' } = nested;
  return createHash('sha256')
    .update(
      `[${action},${actor},${target},${payload},${occurredAt},${metadata},${id},${version},${scope},${success},${request}]`,
    )
    .digest('hex');
};
