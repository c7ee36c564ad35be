/**
 * Prints the outcome of a command: JSON for programs; a table, a record or sentences for people. All of it is escaped
 * here, since most of it came from outside.
 */
import { printJson, printText } from './output.ts';
import { type Row, renderRecord, renderTable, type TableOptions } from './table.ts';
import { paint, visible } from './terminal.ts';

export type Shown =
  | string
  /** What was done, and further lines. */
  | { done: string; more?: readonly string[] }
  /** Further lines stand below it. */
  | { record: Row; more?: readonly string[] }
  /** `none` is printed if there are no rows. */
  | ({ table: readonly Row[]; none: string } & TableOptions);

export const print = (options: { json: boolean }, value: unknown, shown: Shown): Promise<void> =>
  options.json ? printJson(value) : printText(render(shown));

const render = (shown: Shown): string => {
  if (typeof shown === 'string') return visible(shown);
  if ('record' in shown) return [renderRecord(shown.record), ...below(shown.more)].join('\n');
  if ('done' in shown)
    return [paint('green', visible(shown.done)), ...(shown.more ?? []).map(visible)].join('\n');
  const { table, none, ...options } = shown;
  return table.length === 0 ? visible(none) : renderTable(table, options);
};

const below = (more: readonly string[] = []): string[] =>
  more.length === 0 ? [] : ['', ...more.map(visible)];
