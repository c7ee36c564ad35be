/**
 * The events of an answer, each with its JSON as it was sent: a parser would change its numbers. An actor,
 * target or request may be a text that holds JSON, if readers would differ about it; it is then shown as that
 * text.
 */
import type { Api } from '#domain/http/shapes/shapes.ts';
import { itemsOf, membersOf } from '#domain/json/entries.ts';
import { unquote } from '#domain/json/token.ts';

export type LogEvent = Api<'Event'>;
export type Row = { key: string; event: LogEvent; raw: string };
export type Answer = Omit<Api<'Events'>, 'events'> & { rows: Row[] };

export const keyOf = ({ id, occurred_at }: LogEvent): string => `${id}@${occurred_at}`;

/** Throws if the text is not a page of events. */
export const readAnswer = (text: string): Answer => {
  const { events, ...rest } = JSON.parse(text) as Api<'Events'>;
  const raws = rawEventsOf(text);
  const rows = events.map((event, at) => ({
    key: keyOf(event),
    event,
    // Somebody in between may have laid out the text anew: then the numbers are those of a parser.
    raw: raws?.[at] ?? JSON.stringify(event),
  }));
  return { ...rest, rows };
};

const rawEventsOf = (text: string): string[] | undefined => {
  if (!text.startsWith('{"events":[')) return undefined;
  for (const { key, value } of membersOf(text)) if (unquote(key) === 'events') return [...itemsOf(value)];
  return undefined;
};

export type Party = { id: string; type: string | undefined; name: string | undefined };

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** An actor, a target or a scope; undefined if there is none. */
export const partyOf = (value: unknown): Party | undefined => {
  if (typeof value === 'string') return { id: value, type: undefined, name: undefined };
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, type, name } = value as Record<string, unknown>;
  return { id: textOf(id) ?? JSON.stringify(value), type: textOf(type), name: textOf(name) };
};

/** A member of the request: its id, its address, or the trace of the client. */
export const requestPart = (
  { request }: LogEvent,
  name: 'id' | 'ip_address' | 'client_trace_id',
): string | undefined =>
  typeof request === 'object' && request !== null
    ? textOf((request as Record<string, unknown>)[name])
    : undefined;
