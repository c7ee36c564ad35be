/**
 * Tables for people, within the width of the terminal. Cells that do not fit are wrapped or shortened in the middle; if
 * that is not enough, each row is shown as a record. Every cell is escaped, since most came from outside.
 */
import { isatty } from 'node:tty';
import stringWidth from 'string-width';
import { paint, standardOutput, visible } from './terminal.ts';

export type Row = Record<string, string | number>;

export type TableOptions = {
  /** Columns that are not shortened: the next command needs them. */
  whole?: readonly string[];
  /** Columns of sentences, which are wrapped. */
  prose?: readonly string[];
  width?: number;
};

const gap = '  ';
/** A shorter id tells nothing. */
const minWidth = 12;
const minProseWidth = 28;
const defaultWidth = 100;
export const ellipsis = '…';

const terminalWidth = (): number =>
  isatty(standardOutput) ? Math.max(60, process.stdout.columns || defaultWidth) : defaultWidth;

/** A table with the columns of the first row, or records if it does not fit. */
export const renderTable = (rows: readonly Row[], options: TableOptions = {}): string => {
  const [first] = rows;
  if (first === undefined) return '';
  const names = Object.keys(first);
  const cells = rows.map(row => names.map(name => visible(String(row[name] ?? ''))));
  const titles = names.map(visible);
  const widths = fit(names, [titles, ...cells], options);
  if (widths === undefined) return rows.map(row => renderRecord(row, options)).join('\n\n');
  const isNumber = names.map(name => rows.every(row => typeof row[name] === 'number' || row[name] === ''));
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, at) => pad(text, widths[at]!, isNumber[at]!))
      .join(gap)
      .trimEnd();
  const body = cells.flatMap(row => {
    const wrapped = row.map((text, at) =>
      options.prose?.includes(names[at]!) ? wrap(text, widths[at]!) : [shorten(text, widths[at]!)],
    );
    const height = Math.max(...wrapped.map(({ length }) => length));
    return Array.from({ length: height }, (_, n) => line(wrapped.map(lines => lines[n] ?? '')));
  });
  const rule = widths.map(width => '─'.repeat(width)).join(gap);
  return [
    paint('bold', line(titles.map((title, at) => shorten(title, widths[at]!)))),
    paint('dim', rule),
    ...body,
  ].join('\n');
};

/** A record: one member per line. */
export const renderRecord = (row: Row, { width = terminalWidth() }: TableOptions = {}): string => {
  const labelWidth = Math.max(...Object.keys(row).map(name => stringWidth(visible(name))));
  const valueWidth = width - labelWidth - gap.length;
  return Object.entries(row)
    .flatMap(([name, value]) => {
      const text = visible(String(value));
      const lines = /\s/.test(text) ? wrap(text, valueWidth) : [shorten(text, valueWidth)];
      return lines.map((line, at) =>
        `${at === 0 ? paint('bold', pad(visible(name), labelWidth)) : ' '.repeat(labelWidth)}${gap}${line}`.trimEnd(),
      );
    })
    .join('\n');
};

/** The width of each column; undefined if one would be too narrow. */
const fit = (
  names: readonly string[],
  cells: readonly (readonly string[])[],
  { whole = [], prose = [], width = terminalWidth() }: TableOptions,
): number[] | undefined => {
  const widths = names.map((_, at) =>
    cells.reduce((widest, row) => Math.max(widest, stringWidth(row[at]!)), 0),
  );
  let excess = widths.reduce((sum, one) => sum + one, 0) + gap.length * (names.length - 1) - width;
  const shrink = (columns: readonly number[], least: number): void => {
    while (excess > 0) {
      const widest = columns.reduce((a, b) => (widths[b]! > widths[a]! ? b : a), columns[0] ?? -1);
      const second = Math.max(least, ...columns.filter(at => at !== widest).map(at => widths[at]!));
      const by = Math.min(excess, Math.max(1, (widths[widest] ?? 0) - second));
      if (widest < 0 || widths[widest]! - by < least) return;
      widths[widest]! -= by;
      excess -= by;
    }
  };
  const at = names.map((_, index) => index);
  const isProse = (index: number): boolean => prose.includes(names[index]!);
  shrink(at.filter(isProse), minProseWidth);
  shrink(
    at.filter(index => !isProse(index) && !whole.includes(names[index]!)),
    minWidth,
  );
  return excess > 0 ? undefined : widths;
};

/** The text with spaces after it, or before it, up to a width. */
export const pad = (text: string, width: number, isRight = false): string => {
  const space = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return isRight ? `${space}${text}` : `${text}${space}`;
};

/** A text of at most `width` columns: its beginning and its end, which distinguish ids. */
export const shorten = (text: string, width: number): string => {
  if (stringWidth(text) <= width) return text;
  const characters = Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
  const take = (from: readonly string[], room: number): string[] => {
    const taken: string[] = [];
    let left = room;
    for (const character of from) {
      left -= stringWidth(character);
      if (left < 0) break;
      taken.push(character);
    }
    return taken;
  };
  const head = take(characters, Math.ceil((width - 1) / 2));
  const tail = take(characters.slice(head.length).reverse(), Math.floor((width - 1) / 2)).reverse();
  return [...head, ellipsis, ...tail].join('');
};

/** The words of a text in lines of at most `width` columns; a longer word is split. */
const wrap = (text: string, width: number): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/ +/)) {
    let rest = word;
    const joined = line === '' ? rest : `${line} ${rest}`;
    if (stringWidth(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = '';
    while (stringWidth(rest) > width) {
      const characters = Array.from(new Intl.Segmenter().segment(rest), ({ segment }) => segment);
      let head = '';
      while (characters.length > 0 && stringWidth(head + characters[0]!) <= width)
        head += characters.shift()!;
      // A single character may be wider than the column.
      if (head === '') head = characters.shift() ?? '';
      lines.push(head);
      rest = characters.join('');
    }
    line = rest;
  }
  return [...lines, line];
};

/** An instant for people; the column or the sentence says that it is UTC. */
export const showTime = (instant: string): string => instant.slice(0, 19).replace('T', ' ');

/** An instant to the minute, for tables with little room. */
export const showMinute = (instant: string): string => showTime(instant).slice(0, 16);

/** `1 schedule`, `2 schedules`. */
export const count = (number: number, thing: string): string =>
  `${number.toLocaleString('en-US')} ${thing}${number === 1 ? '' : 's'}`;

/** Kilobytes, or megabytes from one on. */
export const showBytes = (bytes: number): string => {
  const [amount, unit] = bytes < 1e6 ? [bytes / 1e3, 'KB'] : [bytes / 1e6, 'MB'];
  return `${amount.toLocaleString('en-US', { maximumFractionDigits: 1 })} ${unit}`;
};
