/**
 * Reads the rows of a CSV file one by one, with their lines and their text. A quote that is never closed would swallow
 * the rest of the file, so it ends the reading; a quote inside a value without quotes is part of it.
 */
import { parse } from 'csv-parse';
import { Failure } from '#cli/failure.ts';
import { CutShort } from '#cli/send/json-documents.ts';
import { maxRequestBytes } from '#domain/receive/limits.ts';

/** `number` counts rows without the header; `line` is the line at which the row begins. */
export type CsvRow = { number: number; line: number; values: readonly string[]; text: string };

/** The columns of the header, and the rows. Throws a `Failure` of code 2 if the header is not one. */
export const readCsv = async (
  name: string,
  chunks: AsyncIterable<Buffer>,
  delimiter: string,
): Promise<{ columns: string[]; rows: AsyncGenerator<CsvRow> }> => {
  const rows = rowsOf(chunks, delimiter);
  const first = await rows.next();
  const columns = first.done ? [] : first.value.values.map(column => column.trim());
  const twice = columns.find((column, at) => columns.indexOf(column) !== at);
  if (columns.length === 0) throw new Failure(2, `${name} is empty; expected a header with the columns`);
  if (twice !== undefined)
    throw new Failure(2, `${name} has the column "${twice}" twice in its header; rename one of them`);
  return { columns, rows };
};

async function* rowsOf(chunks: AsyncIterable<Buffer>, delimiter: string): AsyncGenerator<CsvRow> {
  const lines = new LineCount();
  let number = 0;
  let found: CsvRow[] = [];
  const parser = parse({
    delimiter,
    bom: true,
    raw: true,
    info: true,
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxRequestBytes,
    // The rows are taken here, not read from the stream, which would drop those before an error.
    on_record: (parsed: unknown) => {
      const { record: values, raw, info } = parsed as Parsed;
      const text = raw.trim();
      found.push({ number: number++, line: lines.endingAt(info.bytes) - linesIn(text), values, text });
      return null;
    },
  });
  const taken = (): CsvRow[] => {
    const rows = found;
    found = [];
    return rows;
  };
  // Nothing is read from the stream, so its errors are those of the writes.
  parser.on('error', () => undefined);
  parser.resume();
  try {
    for await (const chunk of chunks) {
      lines.add(chunk);
      const fault = await written(parser, done => parser.write(chunk, done));
      yield* taken();
      if (fault) throw faultOf(fault, lines.next);
    }
    const fault = await written(parser, done => parser.end(done));
    yield* taken();
    if (fault) throw faultOf(fault, lines.next);
  } finally {
    parser.destroy();
  }
}

/** `bytes` is where the row ends in the file. */
type Parsed = { record: string[]; raw: string; info: { bytes: number } };

/** Counts the lines of what is read. */
class LineCount {
  #read = 0;
  #lines = 0;
  /** The places of the newlines that no row has reached. */
  #newlines: number[] = [];

  add(chunk: Buffer): void {
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, at + 1))
      this.#newlines.push(this.#read + at);
    this.#read += chunk.length;
  }

  /** The line of the last byte before this place. */
  endingAt(place: number): number {
    const passed = this.#newlines.findIndex(at => at >= place);
    const count = passed < 0 ? this.#newlines.length : passed;
    const isAtNewline = count > 0 && this.#newlines[count - 1] === place - 1;
    this.#newlines.splice(0, count);
    this.#lines += count;
    return isAtNewline ? this.#lines : this.#lines + 1;
  }

  /** The line after those that rows have reached. */
  get next(): number {
    return this.#lines + 1;
  }
}

const newline = 0x0a;

const linesIn = (text: string): number => text.split('\n').length - 1;

/** The error of a write, if it fails. */
const written = (
  parser: ReturnType<typeof parse>,
  write: (done: (error?: Error | null) => void) => void,
): Promise<Error | undefined> =>
  new Promise(resolve => {
    parser.once('error', resolve);
    write(error => {
      parser.off('error', resolve);
      resolve(error ?? undefined);
    });
  });

const faultOf = (error: unknown, line: number): unknown => {
  const { code, message } = error as { code?: string; message: string };
  if (code === 'CSV_QUOTE_NOT_CLOSED' || code === 'CSV_MAX_RECORD_SIZE')
    return new CutShort(
      `the row at line ${line} is longer than ${maxRequestBytes} bytes or has a quote that is not closed, so the ` +
        'rest cannot be divided into rows; correct that line and import the file again',
      { cause: error },
    );
  return code?.startsWith('CSV_')
    ? new CutShort(`it cannot be read after line ${line - 1}: ${message}`, { cause: error })
    : error;
};
