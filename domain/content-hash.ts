/**
 * `content_sha256`: what an emitter said, in canonical form, without what was stamped on receipt. Two copies
 * of an event with the same hash are duplicates; with different ones, a conflict. The form is on disk for
 * ever; golden vectors hold it.
 *
 * Form: SHA-256 over a JSON array of the fields in the contract's order, nested fields as canonical JSON (see
 * json-text.ts), what was not sent as an empty place; of `request`, `null` as sent.
 */
import { hash } from 'node:crypto';

/** What was sent: nested fields as canonical JSON, defaults filled in, what is absent undefined. */
export type Content = {
  action: string;
  actor: string;
  target: string;
  payload: string;
  occurredAt: string | undefined;
  metadata: string;
  id: string | undefined;
  version: number;
  scope: string | undefined;
  success: boolean;
  request: string | null | undefined;
};

export const hashContent = (content: Content): string => {
  const {
    action,
    actor,
    target,
    payload,
    occurredAt = '',
    metadata,
    id = '',
    version,
    scope = '',
    success,
    request = '',
  } = content;
  return hash(
    'sha256',
    `[${action},${actor},${target},${payload},${occurredAt},${metadata},${id},${version},${scope},${success},${request}]`,
  );
};
