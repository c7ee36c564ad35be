/**
 * An event that is made of a record of another system. Its members are JSON texts, so that what the record has is
 * passed on token for token.
 */
import { derivedId } from '#domain/derived-id.ts';
import { JsonSyntaxError } from '#domain/json/fault.ts';
import { JsonReader } from '#domain/json/reader.ts';

/** Members by their names, each a JSON text; those that are undefined are left out. */
export type Draft = Readonly<Record<string, string | undefined>>;

/** A record that is not an event: nothing can be made of it. The message says why. */
export class RecordFault extends Error {
  override name = 'RecordFault';
}

/** The scope that every event of a file is filed in, instead of its own. */
export type GivenScope = { id: string; type: string } | undefined;

/** The line of an event; it is the same for the same record, so that a repeated import is a duplicate. */
export const printDraft = (draft: Draft, scope: GivenScope): Buffer => {
  const whole = scope ? { ...draft, scope: JSON.stringify(scope) } : draft;
  const members = Object.entries(whole).flatMap(([name, text]) =>
    text === undefined ? [] : [`${JSON.stringify(name)}:${text}`],
  );
  return Buffer.from(`{${members.join(',')}}`);
};

/** A JSON text; undefined for a value that is absent. */
export const jsonOf = (value: unknown): string | undefined =>
  value === undefined || value === null ? undefined : JSON.stringify(value);

/** The tokens of a JSON text on one line, and a canonical text that is equal for equal values. */
export const readJson = (text: string, what: string): { text: string; canonical: string } => {
  try {
    const reader = new JsonReader(`{"":${text}}`);
    const { members } = reader.value();
    if (members.length === 1 && reader.isAtEnd()) return members[0]!;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
  }
  throw new RecordFault(`${what} is not JSON`);
};

/** The id of a record that has none: two records that say the same are one event. */
export const idOfRecord = (source: string, ...content: readonly string[]): string =>
  derivedId('import', source, ...content);

/** A party: its id as text, its type, and its name if it has one. */
export const party = (id: unknown, type: string, name?: unknown): string =>
  JSON.stringify({ id: String(id), type, ...(typeof name === 'string' && name !== '' ? { name } : {}) });

/** Whether something was said: neither absent nor an empty text. */
export const isGiven = (value: unknown): value is string | number =>
  (typeof value === 'string' && value !== '') || typeof value === 'number';

/** Letters, digits and underscores: a segment of an action. */
export const actionSegment = (text: string): string =>
  text
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '_')
    .replace(/^_+(?=.)|(?<=.)_+$/g, '');
