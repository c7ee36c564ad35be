/**
 * Turns a CloudEvent into an audit event, by the table of docs/cloudevents.md. `data` is kept token by token,
 * as in any event; attributes without a field in an event go into its metadata, so that nothing sent is lost.
 * The mode is recognized as the CloudEvents SDK does it.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
 */

import { derivedId } from '#domain/derived-id.ts';
import { idColumn } from '#domain/event/id-column.ts';
import { type Refusal, refuse } from '#domain/event/refusal.ts';
import { isUuid } from '#domain/event/uuid.ts';
import { RuleViolation, verdictOf } from '#domain/event/verdict.ts';
import {
  notUtf8Message,
  sha256Message,
  type Warning,
  Warnings,
  wrappedMessage,
} from '#domain/event/warning.ts';
import { JsonSyntaxError } from '#domain/json/fault.ts';
import { pointerToken } from '#domain/json/pointer.ts';
import { type JsonMember, JsonReader, type JsonValue } from '#domain/json/reader.ts';
import { kindOf, unquote } from '#domain/json/token.ts';
import { decodeUtf8 } from '#domain/json/utf8.ts';
import { parseInstant } from '#domain/time.ts';
import { readHeader } from './cloud-event-header.ts';

export type CloudEventMode = 'binary' | 'structured' | 'batched';

/** The `ce-…` headers without the prefix; undefined if there are none. */
export type CloudEventHeaders = Readonly<Record<string, string>> | undefined;

const headerPrefix = 'ce-';

export const cloudEventHeaders = (
  headers: Readonly<Record<string, string | undefined>>,
): CloudEventHeaders => {
  const attributes = Object.entries(headers).filter(
    (entry): entry is [string, string] => entry[0].startsWith(headerPrefix) && entry[1] !== undefined,
  );
  return attributes.length === 0
    ? undefined
    : Object.fromEntries(attributes.map(([name, value]) => [name.slice(headerPrefix.length), value]));
};

/** Undefined if the request contains no CloudEvents. */
export const cloudEventMode = (
  contentType: string,
  headers: CloudEventHeaders,
): CloudEventMode | undefined => {
  const type = contentType.trim().toLowerCase();
  if (type.startsWith('application/cloudevents-batch')) return 'batched';
  if (type.startsWith('application/cloudevents')) return 'structured';
  return headers?.id ? 'binary' : undefined;
};

/** A CloudEvent in binary mode, written as in structured mode, and what was repaired in its headers. */
type Structured = { text: string; warnings: readonly Warning[] };

/** `data` is JSON, or empty. */
export const structuredOf = (
  headers: NonNullable<CloudEventHeaders>,
  contentType: string,
  data: string,
): Structured | Refusal => {
  const warnings = new Warnings();
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const read = readHeader(name, value, warnings);
    if (typeof read !== 'string') return read;
    attributes[name] = read;
  }
  const text = JSON.stringify({
    ...attributes,
    ...(contentType === '' ? {} : { datacontenttype: contentType }),
  });
  return {
    text: data === '' ? text : `${text.slice(0, -1)},"data":${data}}`,
    warnings: warnings.list,
  };
};

const isJsonType = (type: string): boolean => /^[^;]*[/+]json\s*(;|$)/i.test(type);

/**
 * Members of an event that come from a CloudEvent's attributes; `data` may repeat them, but not contradict
 * them.
 */
const given: ReadonlyMap<string, string> = new Map([
  ['action', 'type'],
  ['id', 'id'],
  ['occurred_at', 'time'],
]);

/** Attributes that say how to read the others, or for which an event has a field. */
const consumed: ReadonlySet<string> = new Set([
  'specversion',
  'type',
  'id',
  'time',
  'datacontenttype',
  'data',
  'data_base64',
]);

export type TranslatedEvent = {
  /** The text of the audit event. */
  text: string;
  /** The CloudEvent's id as stored in its column, if the event's id is derived from it. */
  sentId: string | undefined;
  /** Repairs made before the event; paths are those of the event. */
  warnings: readonly Warning[];
};

/** The audit event of a CloudEvent, or why it is refused. */
export const eventOfCloudEvent = (value: JsonValue): TranslatedEvent | Refusal => {
  if (value.kind !== 'object')
    return refuse('not_an_object', '', `A CloudEvent is a JSON object, this is a JSON ${value.kind}`);
  return verdictOf(() => translate(byName(value.members, '')));
};

type Attributes = ReadonlyMap<string, JsonMember>;

const byName = (members: readonly JsonMember[], path: string): Attributes => {
  const named = new Map<string, JsonMember>();
  for (const member of members) {
    if (named.has(member.key))
      throw new RuleViolation(
        'duplicate_key',
        path + pointerToken(member.key),
        'Expected this member once, it is there twice',
      );
    named.set(member.key, member);
  }
  return named;
};

const translate = (attributes: Attributes): TranslatedEvent => {
  const version = attribute(attributes, 'specversion') ?? '1.0';
  if (version !== '1.0')
    throw new RuleViolation('invalid_cloud_event', '/specversion', 'Expected a CloudEvent of version "1.0"');
  const source = required(attributes, 'source');
  const id = required(attributes, 'id');
  const action = required(attributes, 'type');
  const time = attribute(attributes, 'time');
  if (time === undefined)
    throw new RuleViolation(
      'occurred_at_required',
      '/time',
      'A CloudEvent needs its time, so that a retry is the same event',
    );
  const gathered = new Warnings();
  const data = dataOf(attributes, gathered);
  requireSame(data, 'action', action);
  requireSame(data, 'id', id);
  requireSame(data, 'occurred_at', time);
  const uuid = isUuid(id.toLowerCase()) ? id : derivedId('cloudevents', source, id);
  const members = [
    `"action":${JSON.stringify(action)}`,
    `"id":"${uuid}"`,
    `"occurred_at":${JSON.stringify(time)}`,
    ...[...data.values()]
      .filter(({ key }) => !given.has(key) && key !== 'metadata')
      .map(({ key, text }) => `${JSON.stringify(key)}:${text}`),
  ];
  const added = new Map(extensions(attributes));
  if (uuid !== id) added.set('ce_id', id);
  const metadata = mergedMetadata(data.get('metadata')?.text, added, gathered);
  const sentId = uuid === id ? undefined : idColumn(id);
  if (sentId !== undefined && sentId !== id) gathered.add('not_a_name', '/id', sha256Message);
  return { text: `{${members.join()},"metadata":${metadata}}`, sentId, warnings: gathered.list };
};

/** The text of an attribute; undefined if it is absent or null. */
const attribute = (attributes: Attributes, name: string): string | undefined => {
  const token = attributes.get(name)?.text;
  if (token === undefined || token === 'null') return undefined;
  if (kindOf(token) !== 'string')
    throw new RuleViolation(
      'invalid_type',
      pointerToken(name),
      `Expected a string, got a JSON ${kindOf(token)}`,
    );
  return unquote(token);
};

const required = (attributes: Attributes, name: string): string => {
  const text = attribute(attributes, name);
  if (text === undefined)
    throw new RuleViolation('missing_member', pointerToken(name), `A CloudEvent needs its "${name}"`);
  if (text === '')
    throw new RuleViolation('invalid_string', pointerToken(name), 'Expected at least one character');
  return text;
};

/** The members of `data`, which is JSON. */
const dataOf = (attributes: Attributes, warnings: Warnings): Attributes => {
  const type = attribute(attributes, 'datacontenttype');
  if (type !== undefined && !isJsonType(type))
    throw new RuleViolation('invalid_cloud_event', '/datacontenttype', 'Expected data that is JSON');
  const plain = attributes.get('data')?.text;
  const encoded = attribute(attributes, 'data_base64');
  if (plain !== undefined && encoded !== undefined)
    throw new RuleViolation(
      'invalid_cloud_event',
      '/data_base64',
      'Expected data or data_base64, and not both',
    );
  const path = encoded === undefined ? '/data' : '/data_base64';
  const decoded = encoded === undefined ? undefined : decodeUtf8(Buffer.from(encoded, 'base64'));
  const text = decoded?.text ?? plain ?? '{}';
  const data = readObject(text);
  if (!data)
    throw new RuleViolation(
      'invalid_cloud_event',
      path,
      'Expected a JSON object with the other members of the event',
    );
  if (decoded && decoded.replaced.at.length > 0) warnings.add('not_utf8', '', notUtf8Message);
  return byName(data.members, path);
};

const readObject = (text: string): JsonValue | undefined => {
  try {
    const reader = new JsonReader(text);
    const value = reader.value();
    return value.kind === 'object' && reader.isAtEnd() ? value : undefined;
  } catch (error) {
    // The decoded data is not JSON: the caller reports the verdict.
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
};

const requireSame = (data: Attributes, field: string, value: string): void => {
  const token = data.get(field)?.text;
  if (token === undefined || token === 'null') return;
  const repeated = kindOf(token) === 'string' ? unquote(token) : undefined;
  const isSame =
    field === 'occurred_at'
      ? repeated !== undefined && parseInstant(repeated) === parseInstant(value)
      : repeated?.toLowerCase() === value.toLowerCase();
  if (!isSame)
    throw new RuleViolation(
      'invalid_cloud_event',
      `/data${pointerToken(field)}`,
      `The attribute "${given.get(field)}" of the CloudEvent says something else; leave this out`,
    );
};

/** Attributes without a field in an event, as members of its metadata. */
function* extensions(attributes: Attributes): Generator<[string, string]> {
  for (const [name, { text }] of attributes) {
    if (consumed.has(name) || text === 'null') continue;
    const kind = kindOf(text);
    if (!/^[a-z0-9]+$/.test(name) || kind === 'object' || kind === 'array')
      throw new RuleViolation(
        'invalid_cloud_event',
        pointerToken(name),
        'Expected an attribute: a name of lowercase letters and digits, and a string, a number or a boolean',
      );
    yield [`ce_${name}`, kind === 'string' ? unquote(text) : text];
  }
}

/** The metadata of the data and the additions of the attributes. A key that is in both occurs twice. */
const mergedMetadata = (
  sent: string | undefined,
  added: ReadonlyMap<string, string>,
  warnings: Warnings,
): string => {
  const own = sent === undefined || sent === 'null' ? '{}' : sent;
  const isObject = kindOf(own) === 'object';
  if (!isObject) warnings.add('wrapped', '/metadata', wrappedMessage);
  const ownMembers = isObject ? own.slice(1, -1) : `"value":${own}`;
  const members = [...added].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return `{${[ownMembers, ...members].filter(Boolean).join()}}`;
};

/** Translates the path of a refusal in the audit event to the path in the CloudEvent. */
export const pathInCloudEvent = (path: string): string => {
  if (path === '') return path;
  const [, first = ''] = path.split('/');
  const name = given.get(first);
  if (name !== undefined) return pointerToken(name);
  const kept = /^\/metadata\/ce_([a-z0-9]+)$/.exec(path);
  return kept ? pointerToken(kept[1]!) : `/data${path}`;
};
