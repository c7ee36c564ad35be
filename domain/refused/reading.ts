/**
 * What can be read of a refused item: whose log it would have been in, and when it occurred. That decides
 * where it is counted, so nothing is guessed: a scope that occurs twice does not count.
 */

import { isName } from '#domain/event/name.ts';
import { JsonSyntaxError } from '#domain/json/fault.ts';
import { type JsonMember, JsonReader, type JsonValue } from '#domain/json/reader.ts';
import { kindOf, unquote } from '#domain/json/token.ts';
import {
  type CloudEventHeaders,
  cloudEventMode,
  eventOfCloudEvent,
  structuredOf,
} from '#domain/receive/cloud-event.ts';
import { type Instant, parseInstant } from '#domain/time.ts';

/** How the bytes of an item are read: as the event that they were sent as. */
export type ItemForm = { contentType: string; cloudEventHeaders?: CloudEventHeaders };

export type ReadItem = { scopeId: string | undefined; occurredAt: Instant | undefined };

const nothing: ReadItem = { scopeId: undefined, occurredAt: undefined };

export const readItem = (text: string, form: ItemForm): ReadItem => {
  const value = jsonOf(text);
  if (!value) return nothing;
  switch (cloudEventMode(form.contentType, form.cloudEventHeaders)) {
    case 'binary': {
      const event = structuredOf(form.cloudEventHeaders!, form.contentType, text.trim());
      return 'code' in event ? readEvent(value) : readCloudEvent(jsonOf(event.text));
    }
    case 'structured':
    case 'batched':
      return readCloudEvent(value);
    default:
      return readEvent(value);
  }
};

/** The content type by which one item of a body is read again: one CloudEvent of a batch is not a batch. */
export const itemType = ({ contentType, cloudEventHeaders }: ItemForm): string =>
  cloudEventMode(contentType, cloudEventHeaders) === 'batched' ? 'application/cloudevents+json' : contentType;

const jsonOf = (text: string): JsonValue | undefined => {
  try {
    const reader = new JsonReader(text);
    const value = reader.value();
    return reader.isAtEnd() ? value : undefined;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return undefined;
  }
};

const readCloudEvent = (value: JsonValue | undefined): ReadItem => {
  if (!value) return nothing;
  const made = eventOfCloudEvent(value);
  if ('text' in made) return readEvent(jsonOf(made.text));
  const data = only(value, 'data');
  const time = only(value, 'time');
  return {
    ...readEvent(data && jsonOf(data.text)),
    ...(time ? { occurredAt: instantOf(time) } : {}),
  };
};

const readEvent = (value: JsonValue | undefined): ReadItem => {
  if (!value) return nothing;
  const scope = only(value, 'scope');
  const time = only(value, 'occurred_at');
  return { scopeId: scope && idOf(scope), occurredAt: time && instantOf(time) };
};

const only = (value: JsonValue, key: string): JsonMember | undefined => {
  const found = value.kind === 'object' ? value.members.filter(member => member.key === key) : [];
  return found.length === 1 ? found[0] : undefined;
};

const idOf = ({ keys, tokens }: JsonMember): string | undefined => {
  const at = keys.indexOf('id');
  if (at < 0 || keys.indexOf('id', at + 1) >= 0 || kindOf(tokens[at]!) !== 'string') return undefined;
  const id = unquote(tokens[at]!);
  return isName(id) ? id : undefined;
};

const instantOf = ({ text }: JsonMember): Instant | undefined =>
  kindOf(text) === 'string' ? parseInstant(unquote(text)) : undefined;
