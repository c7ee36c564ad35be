/** What an export holds, in one line. */
import { showInvisible } from '../escape.ts';
import { printTime, type Zone } from '../time.ts';
import { laterWords } from '../words/later-words.ts';
import { say } from '../words.ts';
import type { Selection } from './selection.ts';

const { exports: texts } = laterWords;
type Window = { from?: string | null | undefined; to?: string | null | undefined };

const describeWindow = ({ from, to }: Window, zone: Zone): string => {
  if (from && to) return say(texts.between, { from: printTime(from, zone), to: printTime(to, zone) });
  if (from) return say(texts.from, { from: printTime(from, zone) });
  return to ? say(texts.to, { to: printTime(to, zone) }) : texts.allTime;
};

/** `query` is the text of the view. */
export const describeSelection = (
  selection: Selection | { fault: string },
  query: string,
  zone: Zone,
): string => {
  const text = query.trim() === '' ? texts.anyQuery : showInvisible(query.trim());
  return 'fault' in selection
    ? text
    : say(texts.viewIs, { query: text, range: describeWindow(selection, zone) });
};

type Filter = Readonly<Record<string, unknown>>;

/** The filter of an export as a query shows it: each field with its values. */
export const describeFilter = (filter: Filter | undefined): string =>
  Object.entries(filter ?? {})
    .map(([field, given]) => `${field}:${Array.isArray(given) ? given.join(',') : String(given)}`)
    .map(showInvisible)
    .join(' ');

export const describeExport = (
  { filter, ...window }: Window & { filter?: Filter | undefined },
  zone: Zone,
): string =>
  say(texts.viewIs, { query: describeFilter(filter) || texts.anyQuery, range: describeWindow(window, zone) });
