/**
 * `content_sha256`: the hash of what an event says, in canonical form, without the stamped request. Two copies of
 * an event with the same hash are duplicates; with different ones, a conflict. It is taken after repair, and
 * after id and time are stamped: copies share both by definition, and without them one guess could be tested
 * against every row of a scope. It is opaque to everybody and is in no answer. The form is stored, so it never
 * changes; golden vectors hold it.
 *
 * Form: SHA-256 over a JSON array of the fields in the contract's order. Nested fields are canonical JSON (see
 * domain/json/reader.ts), or the tokens of an irregular field; an absent field is an empty place; a `null` in
 * `request` stays. Rows that were filed before 0.2 have empty places for an id and a time that were stamped.
 */
import { hash } from 'node:crypto';

/** The nested fields as canonical JSON, with defaults filled in; an absent one is undefined. */
export type CanonicalFields = {
  actor: string;
  target: string;
  payload: string;
  metadata: string;
  scope: string | undefined;
  request: string | null | undefined;
};

export type Content = { action: string; version: number; success: boolean; canonical: CanonicalFields };

/** `id` and `occurredAt` are the event's own, or those that are stamped. */
export const hashContent = (content: Content, id: string, occurredAt: string): string => {
  const { action, version, success, canonical } = content;
  const { actor, target, payload, metadata, scope = '', request = '' } = canonical;
  return hash(
    'sha256',
    `[${action},${actor},${target},${payload},${occurredAt},${metadata},${id},${version},` +
      `${scope},${success},${request}]`,
  );
};
