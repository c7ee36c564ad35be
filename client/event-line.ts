/**
 * An event as one line of JSON: its id, its time and its request first, then its members in their order.
 * Plain events, which nearly all are, are written by `JSON.stringify` alone.
 */
import { randomUUID } from 'node:crypto';
import { types } from 'node:util';
import { maxRequestBytes } from '../domain/receive/limits.ts';
import type { Refusal } from './answer.ts';
import { type JsonVerdict, judgeJson } from './plain-json.ts';
import { currentRequest } from './request-context.ts';
import { shortenEvent } from './shorten-event.ts';
import { type JsonWarning, writeJson } from './write-json.ts';

/**
 * An event as it will be sent. With a refusal it will not be sent, and the line is what could be made of it.
 */
export type EventLine = {
  id: string;
  occurred_at: string;
  line: string;
  warnings: readonly JsonWarning[];
  refusal?: Refusal;
};

/** The members that are checked here. What the types do not reach is for the service to refuse. */
type Given = { id?: unknown; occurred_at?: unknown; request?: unknown };

/** Never throws. `now` returns the time for an event that has none. */
export const encodeEvent = (event: unknown, now: () => string): EventLine => {
  let verdict: JsonVerdict = 'other';
  try {
    verdict = judgeJson(event, maxRequestBytes);
    if (verdict === 'plain') {
      const encoded = encodePlain(Object(event) === event ? (event as Given) : {}, now);
      if (encoded && !isTooLarge(encoded.line)) return encoded;
      if (encoded) verdict = 'too_large';
    }
  } catch {
    // A getter threw; the code below finds which.
  }
  return encodeAny(event, now, verdict === 'too_large');
};

/** A UTF-16 unit is at most three bytes of UTF-8. */
const isTooLarge = (line: string): boolean =>
  line.length * 3 > maxRequestBytes && Buffer.byteLength(line) > maxRequestBytes;

const tooLarge: Refusal = {
  code: 'event_too_large',
  path: '',
  message:
    'Expected an id, a time, an action and ids and types of actor, target and scope that fit into ' +
    `a request of ${maxRequestBytes} bytes`,
};

/** Undefined if the request being served is not plain. */
const encodePlain = (given: Given, now: () => string): EventLine | undefined => {
  const occurred_at = given.occurred_at == null ? now() : timeOf(given.occurred_at);
  const request = given.request === undefined ? currentRequest() : given.request;
  if (request !== null && judgeJson(request, maxRequestBytes) !== 'plain') return undefined;
  const head = (id: string, time: string): string =>
    `{"id":${id},"occurred_at":${time},"request":${request === null ? 'null' : JSON.stringify(request)}`;
  if (given.id === undefined && given.occurred_at === undefined && given.request === undefined) {
    const text = JSON.stringify(given);
    const id = randomUUID();
    if (text.startsWith('{"'))
      return {
        id,
        occurred_at,
        line: `${head(`"${id}"`, `"${occurred_at}"`)},${text.slice(1)}`,
        warnings: [],
      };
  }
  const { id: own, occurred_at: _time, request: _request, ...others } = given;
  const id = own ?? randomUUID();
  const text = JSON.stringify(others);
  const line = `${head(JSON.stringify(id), JSON.stringify(occurred_at))}${text === '{}' ? '' : ','}${text.slice(1)}`;
  return { id: typeof id === 'string' ? id : JSON.stringify(id), occurred_at, line, warnings: [] };
};

/** Without these members there is no event: if one of them cannot be read, the event cannot be sent. */
const structure = ['action', 'actor', 'target', 'success', 'scope', 'version', 'id', 'occurred_at'];

const encodeAny = (event: unknown, now: () => string, isLarge: boolean): EventLine => {
  const unreadable: string[] = [];
  const read = (key: string, work: () => unknown): unknown => {
    try {
      return work();
    } catch (error) {
      unreadable.push(key);
      throw error;
    }
  };
  const whole = Object.create(null) as Record<string, unknown>;
  const put = (key: string, get: () => unknown): void =>
    void Object.defineProperty(whole, key, {
      enumerable: true,
      configurable: true,
      get: () => read(key, get),
    });
  let id: string = randomUUID();
  let occurred_at = now();
  const made: Record<string, (value: unknown) => unknown> = {
    id: value => {
      if (['string', 'number', 'bigint'].includes(typeof value)) id = String(value);
      return value ?? id;
    },
    occurred_at: value => {
      if (value != null) occurred_at = timeOf(value);
      return occurred_at;
    },
    request: value => (value === undefined ? currentRequest() : value),
  };
  try {
    const given = objectOf(event);
    for (const [key, make] of Object.entries(made)) put(key, () => make(given[key]));
    for (const key of Object.keys(given)) if (!Object.hasOwn(made, key)) put(key, () => given[key]);
  } catch {
    unreadable.push('');
  }
  const { text: line, warnings, isCut } = writeJson(whole, maxRequestBytes);
  const encoded: EventLine = { id, occurred_at, line, warnings };
  const fault = unreadable.find(key => key === '' || structure.includes(key));
  if (fault !== undefined) return { ...encoded, refusal: notSerializable(fault) };
  if (!isLarge && !isCut && !isTooLarge(line)) return encoded;
  const shortened = shortenEvent(whole);
  return shortened ? { ...encoded, ...shortened } : { ...encoded, refusal: tooLarge };
};

const objectOf = (event: unknown): Record<string, unknown> => {
  const { toJSON } = (event ?? {}) as { toJSON?: unknown };
  const given: unknown = typeof toJSON === 'function' ? toJSON.call(event, '') : event;
  return Object(given) === given ? (given as Record<string, unknown>) : {};
};

const notSerializable = (key: string): Refusal => ({
  code: 'not_serializable',
  path: key && `/${key}`,
  message: `${key === '' ? 'The event' : `The member "${key}"`} cannot be read: it throws`,
});

/** Something that is not a time is sent unchanged: the service will refuse it. */
const timeOf = (time: unknown): string =>
  types.isDate(time) && !Number.isNaN(time.getTime()) ? time.toISOString() : String(time);

const headOfLine = /^\{"id":("(?:[^"\\]|\\.)*"|[^",{}[\]]+),/;

/** How a line names its event: two lines of one name hold the same event. */
export const nameOfLine = (line: string): string =>
  headOfLine.exec(line)?.[1] ?? JSON.stringify(namesOf(line).id);

/** What a refusal says about its event. The line may come from a file that anybody wrote. */
export const namesOf = (line: string): { id: string; action: string } => {
  let names: { id?: unknown; action?: unknown } = {};
  try {
    names = Object(JSON.parse(line)) as typeof names;
  } catch {
    // It is not JSON, so it names nothing.
  }
  const textOf = (name: unknown): string => (typeof name === 'string' ? name : (JSON.stringify(name) ?? ''));
  return { id: textOf(names.id), action: textOf(names.action) };
};
