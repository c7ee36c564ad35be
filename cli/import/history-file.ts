/**
 * Opens a file of another system's events, and turns each of its records into an event. The format is recognized by
 * how the file begins, or given. A record of which nothing can be made is passed on with its fault.
 */
import { Failure } from '#cli/failure.ts';
import { type EventFile, openText, peek, splitEvents, type TextFile } from '#cli/send/event-file.ts';
import { type InputLine, type LongLine, withoutMark } from '#cli/send/event-lines.ts';
import { splitDocuments } from '#cli/send/json-documents.ts';
import { maxRequestBytes } from '#domain/receive/limits.ts';
import { circleciDraft, isCircleci } from './circleci.ts';
import { cloudtrailDraft } from './cloudtrail.ts';
import { readCsv } from './csv-rows.ts';
import { type Draft, type GivenScope, printDraft, RecordFault, readJson } from './draft.ts';
import { githubDraft } from './github.ts';
import { type Mapping, mappedDraft, requireColumns } from './mapping.ts';

export const historyFormats = ['circleci', 'github', 'cloudtrail', 'csv'] as const;
export type HistoryFormat = (typeof historyFormats)[number];

export type HistoryOptions = {
  format: HistoryFormat | undefined;
  mapping: Mapping | undefined;
  scope: GivenScope;
};

/** `source` is what the events are marked with. */
export type HistoryFile = EventFile & { source: string };

/** Throws a `Failure` of code 2 if the file is not of a format that can be imported. */
export const openHistory = async (path: string, options: HistoryOptions): Promise<HistoryFile> => {
  const text = await openText(path, 'import');
  try {
    return await openAs(text, options);
  } catch (error) {
    text.close();
    throw error;
  }
};

const openAs = async (text: TextFile, options: HistoryOptions): Promise<HistoryFile> => {
  const { head, chunks } = await peek(text.chunks, ({ length }) => length >= headBytes);
  const format = options.format ?? (options.mapping ? 'csv' : formatOf(head));
  const opened = { ...text, chunks };
  switch (format) {
    case 'github':
      return openJson(opened, { source: format, draftOf: githubDraft, head }, options.scope);
    case 'cloudtrail':
      return openJson(opened, { source: format, draftOf: cloudtrailDraft, head }, options.scope);
    default:
      return openCsv(opened, format, options);
  }
};

/** The format is recognized by this much. */
const headBytes = 64 * 1024;

const formatOf = (head: Buffer): HistoryFormat => {
  const text = withoutMark(head).toString();
  if (!/^\s*[[{]/.test(text)) return 'csv';
  if (/"eventSource"\s*:/.test(text) && /"eventName"\s*:/.test(text)) return 'cloudtrail';
  if (/"@timestamp"\s*:|"_document_id"\s*:/.test(text)) return 'github';
  throw new Failure(
    2,
    "The file is JSON, but neither CloudTrail's nor GitHub's; name its format with --format, and send events of " +
      'Annals with "annals send"',
  );
};

type DraftOf = (record: Readonly<Record<string, unknown>>, text: string, canonical: string) => Draft;
type JsonSource = { source: string; draftOf: DraftOf; head: Buffer };

const openJson = async (
  { chunks, close: _, ...file }: TextFile,
  { source, draftOf, head }: JsonSource,
  scope: GivenScope,
): Promise<HistoryFile> => {
  const wrapper = recordsHead.exec(head.toString('latin1'))?.[0].length;
  const isWrapped = wrapper !== undefined;
  const { unit, lines } = isWrapped
    ? {
        unit: 'event' as const,
        lines: splitDocuments(without(chunks, wrapper - 1), maxRequestBytes),
      }
    : await splitEvents(chunks);
  const make = (line: InputLine): Buffer => {
    const { text, canonical } = readJson(line.bytes.toString(), 'The record');
    const record = JSON.parse(text) as unknown;
    if (typeof record !== 'object' || record === null || Array.isArray(record))
      throw new RecordFault('The record is not a JSON object');
    return printDraft(draftOf(record as Record<string, unknown>, text, canonical), scope);
  };
  return { ...file, source, unit, lines: madeOf(lines, make, isWrapped) };
};

/** CloudTrail wraps the records of a log file in an object. */
const recordsHead = /^(?:\xef\xbb\xbf)?\s*\{\s*"Records"\s*:\s*\[/;

async function* without(chunks: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const chunk of chunks) {
    if (left < chunk.length) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

/** The lines with the events that are made of them. */
async function* madeOf(
  lines: AsyncIterable<InputLine | LongLine>,
  make: (line: InputLine) => Buffer,
  isWrapped: boolean,
): AsyncGenerator<InputLine> {
  for await (const line of lines) {
    if (line.bytes && isWrapped && isClosing(line.bytes)) continue;
    yield line.bytes ? made(line, () => make(line)) : await shortened(line);
  }
}

/** The end of the object around CloudTrail's records. */
const isClosing = (bytes: Buffer): boolean => bytes.toString('latin1').trim() === '}';

const made = (line: InputLine, make: () => Buffer): InputLine => {
  if (line.fault) return line;
  try {
    return { ...line, bytes: make(), original: line.original ?? line.bytes };
  } catch (error) {
    if (!(error instanceof RecordFault)) throw error;
    return { ...line, fault: error.message, code: 'invalid_record' };
  }
};

/** Of a record that is longer than a request only the beginning is kept. */
const keptOfLong = 64 * 1024;

const shortened = async ({ number, line, parts }: LongLine): Promise<InputLine> => {
  let head = Buffer.alloc(0);
  for await (const part of parts)
    if (head.length < keptOfLong) head = Buffer.concat([head, part.subarray(0, keptOfLong - head.length)]);
  const fault = `The record is longer than ${maxRequestBytes} bytes, the limit of a request`;
  return { number, line, bytes: head, fault, code: 'body_too_large' };
};

const openCsv = async (
  { chunks, close: _, ...file }: TextFile,
  format: 'circleci' | 'csv',
  { mapping, scope }: HistoryOptions,
): Promise<HistoryFile> => {
  if (format === 'circleci' && mapping)
    throw new Failure(2, '--mapping is for --format csv; leave one of them out');
  const { columns, rows } = await readCsv(file.name, chunks, mapping?.delimiter ?? ',');
  if (mapping) requireColumns(mapping, columns);
  else if (!isCircleci(columns))
    throw new Failure(
      2,
      `${file.name} has the columns ${columns.join(', ')}, which are not those of CircleCI's audit log; say with ` +
        '--mapping how its rows become events',
    );
  const source = mapping?.source ?? 'circleci';
  const draftOf = (row: ReadonlyMap<string, string>): Draft =>
    mapping ? mappedDraft(row, mapping) : circleciDraft(row, source);
  const lines = async function* (): AsyncGenerator<InputLine> {
    for await (const { number, line, values, text } of rows) {
      const original = Buffer.from(text);
      yield made({ number, line, bytes: original }, () => {
        if (values.length !== columns.length)
          throw new RecordFault(`The row has ${values.length} values, the header ${columns.length}`);
        return printDraft(draftOf(new Map(columns.map((column, at) => [column, values[at]!]))), scope);
      });
    }
  };
  return { ...file, source, unit: 'event', lines: lines() };
};
