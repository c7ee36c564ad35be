/**
 * The body of a `POST /v1/events`: untrusted bytes become one verdict per event, in the order sent. Broken
 * content refuses only its own event; a body that cannot be divided into events is refused as a whole.
 */
import type { Judgement } from '#domain/catalogue/catalogue.ts';
import { type AuditEvent, parseEvent } from '#domain/event/event.ts';
import { type Refusal, refuse } from '#domain/event/refusal.ts';
import { allWarnings, notUtf8Message, noWarnings, type Warning } from '#domain/event/warning.ts';
import { JsonSyntaxError } from '#domain/json/fault.ts';
import { JsonReader, type JsonValue } from '#domain/json/reader.ts';
import type { Instant } from '#domain/time.ts';
import { type BodySlice, BodyText, readText, type TextProblem } from './body-text.ts';
import {
  type CloudEventHeaders,
  cloudEventMode,
  eventOfCloudEvent,
  pathInCloudEvent,
  structuredOf,
} from './cloud-event.ts';
import { maxRequestEvents } from './limits.ts';

/** A body as received. `bytes` is text if a gateway has decoded it. */
export type RequestBody = {
  bytes: Buffer | string;
  contentType: string;
  contentEncoding: string;
  cloudEventHeaders?: CloudEventHeaders;
};

/** Why a body is refused as a whole, with the status of the answer. */
export type BodyProblem =
  | TextProblem
  | { status: 400; code: 'empty_request' | 'invalid_json'; message: string }
  | { status: 413; code: 'too_many_events'; message: string };

/** The verdict on the event at an index: the event, or its refusal and where it is in the body. */
export type Verdict =
  | { event: AuditEvent; isCatalogued: boolean; refusal?: never }
  | { event?: never; isCatalogued?: never; refusal: Refusal; slice: BodySlice };

/** What events are checked against: the greatest accepted `occurred_at`, and the catalogue. */
export type Rules = { latest: Instant; judge(event: AuditEvent): Judgement | Refusal };

const isNewlineDelimited = (contentType: string): boolean =>
  /^\s*[a-z]+\/(?:x-)?(?:ndjson|jsonl)\s*(?:;|$)/i.test(contentType);

/** Receives the verdicts one after another. What it does not keep is released before the next verdict. */
export type Take = (verdict: Verdict, index: number) => void;

/**
 * Reads a body. The verdicts count only if this returns no problem: a body may prove invalid at its very end.
 */
export const parseRequestBody = (body: RequestBody, rules: Rules, take: Take): BodyProblem | undefined => {
  const text = readText(body.bytes, body.contentEncoding);
  if (!(text instanceof BodyText)) return text;
  let count = 0;
  const put = (judged: Judged, start: number, end: number): void =>
    take(judged.refusal ? { ...judged, slice: text.slice(start, end) } : judged, count++);
  const problem = parse(text, body, rules, put);
  if (problem || count > 0) return problem;
  return {
    status: 400,
    code: 'empty_request',
    message: 'The body holds no event; send one, an array of them, or one a line as application/x-ndjson',
  };
};

/** Receives a judged event and its place in the text. */
type Put = (judged: Judged, start: number, end: number) => void;

const parse = (
  body: BodyText,
  { contentType, cloudEventHeaders }: RequestBody,
  rules: Rules,
  put: Put,
): BodyProblem | undefined => {
  switch (cloudEventMode(contentType, cloudEventHeaders)) {
    case 'binary':
      return parseBinary(body, structuredOf(cloudEventHeaders!, contentType, body.text.trim()), rules, put);
    case 'structured':
    case 'batched':
      return parseDocument(body, rules, put, judgeCloudEvent);
    default:
      return isNewlineDelimited(contentType)
        ? parseLines(body, rules, put)
        : parseDocument(body, rules, put, judgeEvent);
  }
};

const tooMany: BodyProblem = {
  status: 413,
  code: 'too_many_events',
  message: `A request holds at most ${maxRequestEvents} events; send them in several requests`,
};

type Judged =
  | Exclude<Verdict, { refusal: Refusal }>
  | { event?: never; isCatalogued?: never; refusal: Refusal };
/** `before` are the warnings from before the value was read. */
type Judge = (value: JsonValue, before: readonly Warning[], rules: Rules) => Judged;

const notUtf8: readonly Warning[] = [{ code: 'not_utf8', path: '', message: notUtf8Message }];

const warningsBefore = (body: BodyText, start: number, end: number): readonly Warning[] =>
  body.isMended(start, end) ? notUtf8 : noWarnings;

const judgeEvent: Judge = (value, before, rules) => {
  const event = parseEvent(value, rules.latest);
  if ('code' in event) return { refusal: event };
  const judgement = rules.judge(event);
  if ('code' in judgement) return { refusal: judgement };
  const { isCatalogued, warnings } = judgement;
  if (warnings.length === 0 && before.length === 0) return { event, isCatalogued };
  return { event: { ...event, warnings: allWarnings(event.warnings, before, warnings) }, isCatalogued };
};

const judgeCloudEvent: Judge = (value, before, rules) => {
  const made = eventOfCloudEvent(value);
  if ('code' in made) return { refusal: made };
  const sent = new JsonReader(made.text).value();
  const judged = judgeEvent(sent, allWarnings(before, made.warnings), rules);
  if (judged.refusal) {
    const { refusal } = judged;
    return { refusal: { ...refusal, path: pathInCloudEvent(refusal.path) } };
  }
  const { event, isCatalogued } = judged;
  const warnings = event.warnings.map(warning => ({ ...warning, path: pathInCloudEvent(warning.path) }));
  return { event: { ...event, sentId: made.sentId, warnings }, isCatalogued };
};

/** One CloudEvent, with its attributes in headers and its data in the body. */
const parseBinary = (
  body: BodyText,
  event: ReturnType<typeof structuredOf>,
  rules: Rules,
  put: Put,
): BodyProblem | undefined => {
  const { text } = body;
  const fault = faultOfDocument(text);
  if (fault) return fault;
  const before = warningsBefore(body, 0, text.length);
  const judged: Judged =
    'code' in event
      ? { refusal: event }
      : judgeCloudEvent(new JsonReader(event.text).value(), allWarnings(before, event.warnings), rules);
  put(judged, 0, text.length);
  return undefined;
};

const parseLines = (body: BodyText, rules: Rules, put: Put): BodyProblem | undefined => {
  const { text } = body;
  let count = 0;
  for (let start = 0, end = 0; start < text.length; start = end + 1) {
    const newline = text.indexOf('\n', start);
    end = newline < 0 ? text.length : newline;
    const reader = new JsonReader(text.slice(start, end));
    if (reader.isAtEnd()) continue;
    if (count++ === maxRequestEvents) return tooMany;
    put(judgeLine(reader, warningsBefore(body, start, end), rules), start, end);
  }
  return undefined;
};

const judgeLine = (reader: JsonReader, before: readonly Warning[], rules: Rules): Judged => {
  try {
    const value = reader.value();
    if (!reader.isAtEnd()) throw reader.expected('end');
    return judgeEvent(value, before, rules);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return {
      refusal: refuse(
        'invalid_json',
        '',
        `${messageOf(error, 'a newline after the event')} at column ${error.offset + 1} of the line`,
      ),
    };
  }
};

const parseDocument = (body: BodyText, rules: Rules, put: Put, judge: Judge): BodyProblem | undefined => {
  const { text } = body;
  const reader = new JsonReader(text);
  if (reader.isAtEnd()) return undefined;
  try {
    const isArray = reader.take('[');
    for (let count = 0; !(isArray && count === 0 && reader.take(']')); count++) {
      if (count === maxRequestEvents) return tooMany;
      const start = reader.skip();
      const value = reader.value();
      put(judge(value, warningsBefore(body, start, reader.position), rules), start, reader.position);
      if (!isArray || reader.take(']')) break;
      if (!reader.take(',')) throw reader.expected('array_end');
    }
    if (!reader.isAtEnd()) throw reader.expected('end');
    return undefined;
  } catch (error) {
    const end = 'the end of the body (one event a line needs Content-Type: application/x-ndjson)';
    return invalidJson(text, error, end);
  }
};

/** Undefined if the text is one JSON value, or empty. */
const faultOfDocument = (text: string): BodyProblem | undefined => {
  const reader = new JsonReader(text);
  if (reader.isAtEnd()) return undefined;
  try {
    reader.value();
    if (!reader.isAtEnd()) throw reader.expected('end');
    return undefined;
  } catch (error) {
    return invalidJson(text, error, 'the end of the body');
  }
};

/** A message that names what the body should have had instead of the end. */
const messageOf = (error: JsonSyntaxError, end: string): string =>
  error.code === 'end' ? `Expected ${end}` : error.message;

/** Why and where a body is not JSON. Any other error is rethrown. */
const invalidJson = (text: string, error: unknown, end: string): BodyProblem => {
  if (!(error instanceof JsonSyntaxError)) throw error;
  const before = text.slice(0, error.offset);
  const line = before.split('\n').length;
  const column = error.offset - before.lastIndexOf('\n');
  return {
    status: 400,
    code: 'invalid_json',
    message: `The body is not JSON: ${lowerFirst(messageOf(error, end))} at line ${line}, column ${column}`,
  };
};

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
