/**
 * Shortens an event that is larger than a request may be. Whoever is logged may have written the text that
 * makes it so large, and must not keep the event out that way. Its structure stays whole. Of the rest the
 * beginning stays, and more of it than the service stores, so that the service cuts it again and marks it as
 * truncated.
 */
import { maxRequestBytes } from '../domain/receive/limits.ts';
import { type JsonWarning, writeJson } from './write-json.ts';

/** The structure of an event; none of it is ever cut. */
const structure = ['id', 'occurred_at', 'action', 'success', 'version'];
const parties = ['actor', 'target', 'scope'];

/**
 * The service stores 256 KiB of an event. The smaller sizes are for text in which each character is escaped.
 */
const memberCharacters = [280 * 1024, 48 * 1024];
const structureCharacters = 4096;

/** Undefined if the structure alone is too large. Members may be getters that throw. */
export const shortenEvent = (
  event: Readonly<Record<string, unknown>>,
): { line: string; warnings: readonly JsonWarning[] } | undefined => {
  for (const characters of memberCharacters) {
    const written = Object.keys(event).map(key => writeMember(event, key, characters));
    if (written.includes(undefined)) return undefined;
    const members = written.filter(member => member !== undefined);
    const line = `{${members.flatMap(({ text }) => (text === '' ? [] : [text])).join()}}`;
    if (Buffer.byteLength(line) <= maxRequestBytes)
      return { line, warnings: members.flatMap(({ warnings }) => warnings) };
  }
  return undefined;
};

type Member = { text: string; warnings: readonly JsonWarning[] };

const writeMember = (
  event: Readonly<Record<string, unknown>>,
  key: string,
  characters: number,
): Member | undefined => {
  const alone = Object.defineProperty({}, key, Object.getOwnPropertyDescriptor(event, key)!);
  if (structure.includes(key)) {
    const { text, warnings, isCut } = writeJson(alone, structureCharacters);
    return isCut ? undefined : { text: text.slice(1, -1), warnings };
  }
  const whole = parties.includes(key) ? partyFirst(event[key]) : undefined;
  if (whole && writeJson(whole.first, structureCharacters).isCut) return undefined;
  const { text, warnings } = writeJson(
    whole ? { [key]: { ...whole.first, ...whole.others } } : alone,
    characters,
  );
  return { text: text.slice(1, -1), warnings };
};

/** Id and type come before what may be cut. */
const partyFirst = (party: unknown): { first: object; others: object } | undefined => {
  if (Object(party) !== party) return undefined;
  const { id, type, ...others } = party as Record<string, unknown>;
  return { first: { id, type }, others };
};
