/**
 * Repairs the fields of an event that only describe, so that none of them can keep it out of the log: one
 * pure, idempotent function of compacted tokens, for client and service alike. What needs no repair keeps its
 * tokens. Each repair gives a warning. Only the column `warnings` proves a repair, since anybody can send a
 * text that looks like one.
 */
import { hash } from 'node:crypto';
import { membersOf } from '#domain/json/entries.ts';
import { pointerToken } from '#domain/json/pointer.ts';
import { type JsonMember, JsonReader } from '#domain/json/reader.ts';
import { kindOf, unquote } from '#domain/json/token.ts';
import { encodeWtf8, headOf } from '#domain/json/utf8.ts';

import { idColumn } from './id-column.ts';
import { isName } from './name.ts';
import { type Warnings, wrappedMessage } from './warning.ts';

/** The limit of an event, measured without whitespace and after repair; a larger one is truncated. */
export const maxEventBytes = 256 * 1024;

/** How much of a truncated field is kept, and of the name in one, in bytes. */
export const keptHeadBytes = 16 * 1024;
export const keptNameBytes = 1024;
/** How much of a scalar counts: it is stored in a form that is shorter, however it was sent. */
const maxScalarBytes = 1024;

/** The order in which a large event loses its fields, until it fits. */
const truncatedFields = ['payload', 'metadata', 'request', 'target', 'actor', 'scope'] as const;
type TruncatedField = (typeof truncatedFields)[number];
/** The members that remain of a field. */
const remaining: Readonly<Record<TruncatedField, readonly string[]>> = {
  payload: [],
  metadata: [],
  request: ['id', 'ip_address', 'client_trace_id'],
  target: ['id', 'type', 'name'],
  actor: ['id', 'type', 'name'],
  scope: ['id', 'type', 'name'],
};

/** The members of an event, repaired; the same array if there is nothing to repair. No key occurs twice. */
export const repair = (members: readonly JsonMember[], warnings: Warnings): readonly JsonMember[] => {
  let texts: Map<string, string> | undefined;
  let units = 0;
  for (const member of members) {
    const { key, text } = member;
    units += text.length;
    const repaired = key === 'metadata' ? repairMetadata(member, warnings) : repairObject(member, warnings);
    if (repaired === text) continue;
    texts ??= textsOf(members);
    texts.set(key, repaired);
  }
  // A UTF-16 unit is at most three bytes; the keys have less than 256.
  if (!texts && units * 3 + 256 <= maxEventBytes) return members;
  const repaired = texts ?? textsOf(members);
  truncate(repaired, warnings);
  const isSame = members.every(({ key, text }) => repaired.get(key) === text);
  return isSame ? members : members.map(member => readAgain(member, repaired.get(member.key)!));
};

const textsOf = (members: readonly JsonMember[]): Map<string, string> =>
  new Map(members.map(({ key, text }) => [key, text]));

const repairObject = ({ key, text }: JsonMember, warnings: Warnings): string => {
  if ((key !== 'payload' && key !== 'request') || text === 'null' || kindOf(text) === 'object') return text;
  warnings.add('wrapped', pointerToken(key), wrappedMessage);
  return `{"value":${text}}`;
};

const readAgain = (member: JsonMember, text: string): JsonMember => {
  if (text === member.text) return member;
  return new JsonReader(`{${JSON.stringify(member.key)}:${text}}`).value().members[0]!;
};

const isString = (token: string): boolean => token.charCodeAt(0) === 0x22;

const repairMetadata = ({ text, keys, tokens }: JsonMember, warnings: Warnings): string => {
  const isObject = kindOf(text) === 'object';
  if (text === 'null' || text === '{}' || (isObject && tokens.every(isString))) return text;
  if (isObject && isTruncatedForm(text)) return text;
  const warnText = (key: string): void =>
    warnings.add(
      'metadata_as_text',
      `/metadata${pointerToken(key)}`,
      'Expected a string; its JSON text is stored',
    );
  const asText = (value: string): string => (kindOf(value) === 'string' ? value : JSON.stringify(value));
  if (!isObject) {
    warnings.add('wrapped', '/metadata', wrappedMessage);
    if (kindOf(text) !== 'string') warnText('value');
    return `{"value":${asText(text)}}`;
  }
  tokens.forEach((token, at) => {
    if (kindOf(token) !== 'string') warnText(keys[at]!);
  });
  return `{${[...membersOf(text)].map(({ key, value }) => `${key}:${asText(value)}`).join()}}`;
};

const truncatedForm = /^\{"truncated":\{"bytes":\d{1,15},"sha256":"[0-9a-f]{64}","head":"/;

/** Whether metadata is the result of truncation: the one member that need not be a string. */
const isTruncatedForm = (text: string): boolean => {
  if (!truncatedForm.test(text)) return false;
  const members = [...membersOf(text)];
  return members.length === 1 && [...membersOf(members[0]!.value)].length === 3;
};

const sizeOf = (texts: ReadonlyMap<string, string>): number => {
  let bytes = 1;
  for (const [key, text] of texts) {
    const isScalar = !truncatedFields.some(field => field === key);
    const length = Buffer.byteLength(text);
    bytes += key.length + '"":,'.length + (isScalar ? Math.min(length, maxScalarBytes) : length);
  }
  return bytes;
};

const truncate = (texts: Map<string, string>, warnings: Warnings): void => {
  let bytes = sizeOf(texts);
  const put = (field: TruncatedField, text: string): void => {
    bytes += Buffer.byteLength(text) - Buffer.byteLength(texts.get(field)!);
    texts.set(field, text);
  };
  for (const field of truncatedFields) {
    if (bytes <= maxEventBytes) return;
    const text = texts.get(field);
    if (text === undefined || kindOf(text) !== 'object') continue;
    const truncated = truncateField(field, text);
    // What would not become smaller stays whole.
    if (Buffer.byteLength(truncated) >= Buffer.byteLength(text)) continue;
    put(field, truncated);
    warnings.add(
      'truncated',
      pointerToken(field),
      'The event is larger than 256 KiB; size, SHA-256 and the first 16 KiB of this are stored',
    );
  }
};

const truncateField = (field: TruncatedField, text: string): string => {
  const bytes = Buffer.from(text);
  const kept: string[] = [];
  const names = new Set(remaining[field]);
  for (const { key, value } of membersOf(text)) {
    const name = unquote(key);
    if (!names.delete(name)) continue;
    const remains =
      field === 'request' ? nameOnly(value) : name === 'name' ? headOfName(value) : idOrType(value);
    if (remains !== undefined) kept.push(`"${name}":${remains}`);
  }
  const head = JSON.stringify(headOf(bytes, keptHeadBytes));
  kept.push(`"truncated":{"bytes":${bytes.length},"sha256":"${hash('sha256', bytes)}","head":${head}}`);
  return `{${kept.join()}}`;
};

const nameOnly = (value: string): string | undefined =>
  kindOf(value) === 'string' && isName(unquote(value)) ? value : undefined;

/** Unchanged; an id that is too large even so takes the form of its column. */
const idOrType = (value: string): string =>
  value.length > keptNameBytes && kindOf(value) === 'string' && nameOnly(value) === undefined
    ? JSON.stringify(idColumn(unquote(value)))
    : value;

/** A name of up to 1 KiB unchanged, otherwise its first 1 KiB, as a string. */
const headOfName = (value: string): string => {
  const said = kindOf(value) === 'string' ? unquote(value) : value;
  const bytes = encodeWtf8(said);
  if (bytes.length <= keptNameBytes) return value;
  return JSON.stringify(headOf(bytes, keptNameBytes));
};
