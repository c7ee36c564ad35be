/**
 * CircleCI's audit log as CSV, which is also the CSV of an export of Annals: eleven columns, of which the nested ones
 * are JSON. https://circleci.com/docs/security-features/#audit-logs
 */
import { eventFields } from '#domain/event/event.ts';
import { type Draft, idOfRecord, readJson } from './draft.ts';

const nested = new Set(['actor', 'target', 'payload', 'metadata', 'scope', 'request']);

/** Whether these are the columns of such a file; some may be absent. */
export const isCircleci = (columns: readonly string[]): boolean =>
  columns.every(name => (eventFields as readonly string[]).includes(name)) &&
  ['action', 'actor', 'target', 'occurred_at', 'success'].every(name => columns.includes(name));

export const circleciDraft = (row: ReadonlyMap<string, string>, source: string): Draft => {
  const draft: Record<string, string> = {};
  for (const [name, value] of row) if (value !== '') draft[name] = memberOf(name, value);
  draft.id ??= JSON.stringify(idOfRecord(source, ...row.values()));
  return draft;
};

const memberOf = (name: string, value: string): string => {
  if (nested.has(name)) return readJson(value, `The column "${name}"`).text;
  if (name === 'version' && /^[1-9]\d{0,9}$/.test(value)) return value;
  if (name === 'success' && /^(true|false)$/i.test(value)) return value.toLowerCase();
  return JSON.stringify(value);
};
