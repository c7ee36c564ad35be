/**
 * A mapping file: how a row of any CSV becomes an event. A text of it may have columns in braces: `"{user_id}"`. A text
 * whose columns are all empty is left out. The whole row is the payload, unless the mapping says what it holds.
 */
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { Failure } from '#cli/failure.ts';
import { nearMiss } from '#domain/near-miss.ts';
import { sourceGrammar } from '#domain/receive/imported.ts';
import { type Draft, idOfRecord, jsonOf, RecordFault } from './draft.ts';

const template = z.string().min(1);
const party = z.strictObject({ id: template, type: template, name: template.optional() });

const shape = z.strictObject({
  source: z.string().regex(sourceGrammar, 'Expected lowercase letters, digits, dots, dashes and underscores'),
  delimiter: z.string().length(1).optional(),
  time: z.enum(['rfc3339', 'utc', 'unix_seconds', 'unix_milliseconds']).optional(),
  values: z.record(z.string(), z.record(z.string(), z.string())).optional(),
  action: template,
  actor: party,
  target: party,
  scope: party.optional(),
  occurred_at: template,
  success: template.optional(),
  id: template.optional(),
  payload: z.record(z.string(), template).optional(),
  metadata: z.record(z.string(), template).optional(),
  request: z
    .strictObject({
      id: template.optional(),
      ip_address: template.optional(),
      client_trace_id: template.optional(),
    })
    .optional(),
});

export type Mapping = z.output<typeof shape>;

/** Reads a mapping; throws a `Failure` of code 2 that says what is wrong with it. */
export const readMapping = async (path: string): Promise<Mapping> => {
  const text = await readFile(path, 'utf8').catch(cause => {
    throw new Failure(2, `--mapping ${path} cannot be read: ${(cause as Error).message}`, { cause });
  });
  const parsed = shape.safeParse(jsonIn(path, text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue!.path.length === 0 ? '' : ` at "${issue!.path.join('.')}"`;
  throw new Failure(2, `--mapping ${path}${place}: ${issue!.message}; docs/import.md has an example`);
};

const jsonIn = (path: string, text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new Failure(2, `--mapping ${path} is not JSON (${(cause as Error).message})`, { cause });
  }
};

const inBraces = /\{([^{}]+)\}/g;

/** Throws a `Failure` of code 2 if the mapping names a column that the file does not have. */
export const requireColumns = (mapping: Mapping, columns: readonly string[]): void => {
  const { action, actor, target, scope, occurred_at, success, id, payload, metadata, request } = mapping;
  const texts = templatesOf([
    action,
    actor,
    target,
    scope,
    occurred_at,
    success,
    id,
    payload,
    metadata,
    request,
  ]);
  const named = texts.flatMap(text => [...text.matchAll(inBraces)].map(([, name]) => name!));
  const missing = [...named, ...Object.keys(mapping.values ?? {})].find(name => !columns.includes(name));
  if (missing === undefined) return;
  const meant = nearMiss(missing, columns);
  const hint = meant === undefined ? `it has ${columns.join(', ')}` : `did you mean "${meant}"?`;
  throw new Failure(2, `The mapping names the column "${missing}", which the file does not have; ${hint}`);
};

const templatesOf = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(templatesOf) : [];
};

export const mappedDraft = (row: ReadonlyMap<string, string>, mapping: Mapping): Draft => {
  const fill = (text: string | undefined): string | undefined => fillIn(text, row, mapping);
  const filled = (members: Readonly<Record<string, string | undefined>>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(members).flatMap(([name, text]) => {
        const value = fill(text);
        return value === undefined ? [] : [[name, value]];
      }),
    );
  const object = (members: Readonly<Record<string, string | undefined>> | undefined): string | undefined => {
    const made = filled(members ?? {});
    return Object.keys(made).length === 0 ? undefined : JSON.stringify(made);
  };
  const { scope } = mapping;
  const sent = fill(mapping.id) ?? idOfRecord(mapping.source, ...row.values());
  return {
    action: jsonOf(fill(mapping.action)),
    actor: JSON.stringify(filled(mapping.actor)),
    target: JSON.stringify(filled(mapping.target)),
    payload: JSON.stringify(mapping.payload ? filled(mapping.payload) : Object.fromEntries(row)),
    occurred_at: jsonOf(timeOf(fill(mapping.occurred_at), mapping.time)),
    metadata: object(mapping.metadata),
    id: JSON.stringify(sent),
    // A row without the id of a scope has none.
    scope: scope && fill(scope.id) !== undefined ? object(scope) : undefined,
    success: successOf(fill(mapping.success ?? 'true')),
    request: object(mapping.request),
  };
};

const fillIn = (
  text: string | undefined,
  row: ReadonlyMap<string, string>,
  { values = {} }: Mapping,
): string | undefined => {
  if (text === undefined) return undefined;
  let hasColumn = false;
  let hasValue = false;
  const filled = text.replace(inBraces, (_, name: string) => {
    const value = row.get(name) ?? '';
    hasColumn = true;
    hasValue ||= value !== '';
    const translated = values[name];
    return translated && Object.hasOwn(translated, value) ? translated[value]! : value;
  });
  return (hasColumn && !hasValue) || filled === '' ? undefined : filled;
};

const successOf = (text: string | undefined): string => {
  if (text !== undefined && /^(true|false)$/i.test(text)) return text.toLowerCase();
  throw new RecordFault(`"success" is "${text ?? ''}"; translate it to true or false in "values"`);
};

/** RFC 3339. */
const timeOf = (text: string | undefined, form: Mapping['time']): string | undefined => {
  if (text === undefined || form === undefined || form === 'rfc3339') return text;
  if (form === 'utc') return `${text.trim().replace(' ', 'T').replace(/Z$/i, '')}Z`;
  const found = (form === 'unix_seconds' ? inSeconds : inMilliseconds).exec(text);
  if (!found) throw new RecordFault(`The time "${text}" is not a number of ${form.slice('unix_'.length)}`);
  const [, seconds, fraction] = found;
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, -'.000Z'.length);
  return `${whole}${fraction === undefined ? '' : `.${fraction}`}Z`;
};

const inSeconds = /^(\d{1,11})(?:\.(\d{1,9}))?$/;
const inMilliseconds = /^(\d{1,11})(\d{3})$/;
