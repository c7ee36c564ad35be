/**
 * Events of the past that the operator imports from another system. Two things mark them: `received_from`, which the
 * server writes and no sender can, and `imported_from` in the metadata, which the customer sees too. An event of an
 * import has its time, since nothing may be stamped with the time of the import; without an id it gets one of its
 * content, so that a repeated import is a duplicate.
 */
import { derivedId } from '#domain/derived-id.ts';
import { hashContent } from '#domain/event/content-hash.ts';
import type { AuditEvent } from '#domain/event/event.ts';
import { type Refusal, refuse } from '#domain/event/refusal.ts';
import { JsonReader } from '#domain/json/reader.ts';
import type { Instant } from '#domain/time.ts';

/** `source` names the other system; events after `asOf` are refused. */
export type Import = { source: string; asOf: Instant };

/** The member of the metadata that names the source. */
export const importedFrom = 'imported_from';

/** The sender of an import. Neither the ARN of a role nor the id of a key can have a "#". */
export const importerOf = (principal: string): string => `${principal}#import`;

/** The grammar of a source. */
export const sourceGrammar = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** Undefined if the event has what an import needs beside its structure. */
export const importRefusal = ({ occurredAt }: AuditEvent): Refusal | undefined =>
  occurredAt === undefined
    ? refuse('occurred_at_required', '/occurred_at', 'An imported event needs the time at which it occurred')
    : undefined;

/** In an import the future begins after `asOf`. */
export const ofImport = <T extends { code: string; message: string }>(refusal: T, asOf: Instant): T =>
  refusal.code === 'occurred_in_future'
    ? { ...refusal, message: `The time lies after ${asOf}, as of which this is imported` }
    : refusal;

/** The event with the source in its metadata. One that names a source already was imported before, and keeps it. */
export const markImported = (event: AuditEvent, source: string): AuditEvent => {
  const { members } = new JsonReader(event.metadata).value();
  if (members.some(({ key }) => key === importedFrom)) return event;
  const mark = `"${importedFrom}":${JSON.stringify(source)}`;
  const metadata = `${event.metadata.slice(0, -1)}${members.length > 0 ? ',' : ''}${mark}}`;
  const [marked] = new JsonReader(`{"metadata":${metadata}}`).value().members;
  return { ...event, metadata, canonical: { ...event.canonical, metadata: marked!.canonical } };
};

/** The id of an imported event that was sent without one. */
export const idOfContent = (event: AuditEvent): string =>
  derivedId('import', hashContent(event, '', event.occurredAt!));
