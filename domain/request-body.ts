/**
 * The body of a `POST /v1/events`: untrusted bytes to one verdict an event, in the order sent. Broken
 * content refuses its own event; only a body that cannot be divided into events is refused as a whole.
 */
import { gunzipSync } from 'node:zlib';
import type { Judgement } from './catalogue.ts';
import {
  type CloudEventHeaders,
  cloudEventMode,
  eventOfCloudEvent,
  pathInCloudEvent,
  structuredOf,
} from './cloud-event.ts';
import { type AuditEvent, parseEvent } from './event.ts';
import { JsonReader, JsonSyntaxError, type JsonValue } from './json-text.ts';
import type { Members } from './payload-glance.ts';
import { type Refusal, refuse } from './refusal.ts';
import { maxEventBytes, maxRequestBytes, maxRequestEvents } from './request-limits.ts';
import type { Instant } from './time.ts';
import { decodeUtf8 } from './utf8.ts';

/** A body as it came. `bytes` may be text where a gateway has decoded it. */
export type RequestBody = {
  bytes: Buffer | string;
  contentType: string;
  contentEncoding: string;
  cloudEventHeaders?: CloudEventHeaders;
};

/** Why a body is refused as a whole, with the status of the answer. */
export type BodyProblem = {
  status: 400 | 413 | 415;
  code:
    | 'empty_request'
    | 'invalid_json'
    | 'invalid_gzip'
    | 'unsupported_encoding'
    | 'body_too_large'
    | 'too_many_events';
  message: string;
};

/** The verdict on the event at an index: the event, or its refusal. */
export type Verdict =
  | { event: AuditEvent; isCatalogued: boolean; refusal?: never }
  | { event?: never; isCatalogued?: never; refusal: Refusal };

/** What events are held against: the greatest `occurred_at` that is taken, and the catalogue. */
export type Rules = { latest: Instant; judge(event: AuditEvent, payload: Members | undefined): Judgement };

const isNewlineDelimited = (contentType: string): boolean =>
  /^\s*[a-z]+\/(?:x-)?(?:ndjson|jsonl)\s*(?:;|$)/i.test(contentType);

const tooLarge: BodyProblem = {
  status: 413,
  code: 'body_too_large',
  message: `A request holds at most ${maxRequestBytes} bytes after inflating; send the events in several requests`,
};

/** Reads a body. */
export const parseRequestBody = (body: RequestBody, rules: Rules): Verdict[] | BodyProblem => {
  const text = textOf(body);
  if (typeof text !== 'string') return text;
  const verdicts = parse(text, body, rules);
  if (Array.isArray(verdicts) && verdicts.length === 0)
    return {
      status: 400,
      code: 'empty_request',
      message: 'The body holds no event; send one, an array of them, or one a line as application/x-ndjson',
    };
  return verdicts;
};

const parse = (
  text: string,
  { contentType, cloudEventHeaders }: RequestBody,
  rules: Rules,
): Verdict[] | BodyProblem => {
  switch (cloudEventMode(contentType, cloudEventHeaders)) {
    case 'binary':
      return parseBinary(text, contentType, cloudEventHeaders!, rules);
    case 'structured':
    case 'batched':
      return parseDocument(text, rules, verdictOfCloudEvent);
    default:
      return isNewlineDelimited(contentType)
        ? parseLines(text, rules)
        : parseDocument(text, rules, verdictOf);
  }
};

const textOf = ({ bytes, contentEncoding }: RequestBody): string | BodyProblem => {
  const encoding = contentEncoding.trim().toLowerCase();
  if (encoding === '' || encoding === 'identity') {
    if (typeof bytes === 'string') return isLargerThan(bytes, maxRequestBytes) ? tooLarge : bytes;
    return bytes.length > maxRequestBytes ? tooLarge : decodeUtf8(bytes);
  }
  if (encoding !== 'gzip')
    return { status: 415, code: 'unsupported_encoding', message: 'Content-Encoding must be gzip or absent' };
  try {
    return decodeUtf8(
      gunzipSync(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, {
        maxOutputLength: maxRequestBytes,
      }),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return tooLarge;
    return {
      status: 400,
      code: 'invalid_gzip',
      message: 'The body is not whole gzip data, as Content-Encoding says it is',
    };
  }
};

/** Whether a text is larger than so many bytes of UTF-8; a UTF-16 unit is at most three of them. */
const isLargerThan = (text: string, bytes: number): boolean =>
  text.length > bytes || (text.length * 3 > bytes && Buffer.byteLength(text) > bytes);

const tooMany = (): BodyProblem => ({
  status: 413,
  code: 'too_many_events',
  message: `A request holds at most ${maxRequestEvents} events; send them in several requests`,
});

type ToVerdict = (value: JsonValue, sent: string, rules: Rules) => Verdict;

const tooLargeEvent: Verdict = {
  refusal: refuse('event_too_large', '', `An event is at most ${maxEventBytes} bytes of UTF-8`),
};

const verdictOfCloudEvent: ToVerdict = (value, sent, rules) => {
  if (isLargerThan(sent, maxEventBytes)) return tooLargeEvent;
  const made = eventOfCloudEvent(value);
  if ('code' in made) return { refusal: made };
  const verdict = verdictOf(new JsonReader(made.text).value(), made.text, rules);
  if (!verdict.refusal) return verdict;
  return { refusal: { ...verdict.refusal, path: pathInCloudEvent(verdict.refusal.path) } };
};

/** One CloudEvent, whose attributes are headers and whose data is the body. */
const parseBinary = (
  text: string,
  contentType: string,
  headers: NonNullable<CloudEventHeaders>,
  rules: Rules,
): Verdict[] | BodyProblem => {
  const fault = faultOfDocument(text);
  if (fault) return fault;
  const event = structuredOf(headers, contentType, text.trim());
  return 'code' in event ? [{ refusal: event }] : parseDocument(event.text, rules, verdictOfCloudEvent);
};

const verdictOf: ToVerdict = (value, sent, rules) => {
  if (isLargerThan(sent, maxEventBytes)) return tooLargeEvent;
  const parsed = parseEvent(value, rules.latest);
  if ('code' in parsed) return { refusal: parsed };
  const judgement = rules.judge(
    parsed,
    value.members.find(({ key }) => key === 'payload'),
  );
  return typeof judgement === 'object'
    ? { refusal: judgement }
    : { event: parsed, isCatalogued: judgement === 'catalogued' };
};

const parseLines = (text: string, rules: Rules): Verdict[] | BodyProblem => {
  const verdicts: Verdict[] = [];
  for (const line of text.split('\n')) {
    const reader = new JsonReader(line);
    if (reader.isAtEnd()) continue;
    if (verdicts.length === maxRequestEvents) return tooMany();
    try {
      const start = reader.position;
      const value = reader.value();
      const sent = line.slice(start, reader.position);
      if (!reader.isAtEnd()) throw reader.expected('a newline after the event');
      verdicts.push(verdictOf(value, sent, rules));
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error;
      verdicts.push({
        refusal: refuse('invalid_json', '', `${error.message} at column ${error.offset + 1} of the line`),
      });
    }
  }
  return verdicts;
};

const parseDocument = (text: string, rules: Rules, toVerdict: ToVerdict): Verdict[] | BodyProblem => {
  const verdicts: Verdict[] = [];
  const reader = new JsonReader(text);
  if (reader.isAtEnd()) return verdicts;
  try {
    const isArray = reader.take('[');
    while (!(isArray && verdicts.length === 0 && reader.take(']'))) {
      if (verdicts.length === maxRequestEvents) return tooMany();
      const start = reader.skip();
      const value = reader.value();
      verdicts.push(toVerdict(value, text.slice(start, reader.position), rules));
      if (!isArray || reader.take(']')) break;
      if (!reader.take(',')) throw reader.expected('"," or "]"');
    }
    if (!reader.isAtEnd())
      throw reader.expected(
        'the end of the body (one event a line needs Content-Type: application/x-ndjson)',
      );
  } catch (error) {
    return invalidJson(text, error);
  }
  return verdicts;
};

/** Undefined where the text is one JSON value, or nothing at all. */
const faultOfDocument = (text: string): BodyProblem | undefined => {
  const reader = new JsonReader(text);
  if (reader.isAtEnd()) return undefined;
  try {
    reader.value();
    if (!reader.isAtEnd()) throw reader.expected('the end of the body');
    return undefined;
  } catch (error) {
    return invalidJson(text, error);
  }
};

/** Where a body is no JSON; any other error is thrown on. */
const invalidJson = (text: string, error: unknown): BodyProblem => {
  if (!(error instanceof JsonSyntaxError)) throw error;
  const before = text.slice(0, error.offset);
  const line = before.split('\n').length;
  const column = error.offset - before.lastIndexOf('\n');
  return {
    status: 400,
    code: 'invalid_json',
    message: `The body is not JSON: ${lowerFirst(error.message)} at line ${line}, column ${column}`,
  };
};

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
