/**
 * The reference of an event as it is sent. What is required, and what becomes of the examples, is found by the code
 * that receives events; only the rules are words.
 */
import { eventFields, maxActionCharacters, parseEvent } from '#domain/event/event.ts';
import { nameExpectation } from '#domain/event/name.ts';
import { keptHeadBytes, maxEventBytes } from '#domain/event/repair.ts';
import { maxVersion } from '#domain/event/structure.ts';
import { JsonReader } from '#domain/json/reader.ts';
import { maxAheadMs, maxRequestBytes, maxRequestEvents } from '#domain/receive/limits.ts';
import { code, pageHead, table } from './markdown-table.ts';

type Field = (typeof eventFields)[number];

const name = nameExpectation.replace('Expected ', '');
const kibibytes = (bytes: number): string => `${bytes / 1024} KiB`;

/** The type, the limits with the default, and what the examples show. Each example is the JSON of the field. */
const fields: Record<Field, { type: string; limits: string; examples: readonly (string | undefined)[] }> = {
  action: {
    type: 'string',
    limits:
      'Lowercase words with dots between them, the entity first; at most ' +
      `${maxActionCharacters} characters. \`audit_log.\` is reserved`,
    examples: ['"context.create"', '"Context Create"', '"audit_log.export.request"'],
  },
  actor: {
    type: 'object',
    limits: `\`id\`: any text that is not empty. \`type\`: ${name}. \`name\` and other members: anything`,
    examples: [
      '{"id":"u-1","type":"user","name":"Zoë"}',
      String.raw`{"id":"a\nb","type":"user"}`,
      '{"type":"user"}',
      '{"id":"","type":"user"}',
      '{"id":"u-1","type":"user","id":"u-2"}',
    ],
  },
  target: {
    type: 'object',
    limits: 'As actor',
    examples: ['{"id":"c-1","type":"context","color":"red"}', '{"id":7,"type":"context"}'],
  },
  payload: {
    type: 'object',
    limits: 'Any JSON; `{}` if it is absent',
    examples: ['{"n":1.50,"n":2}', '[1]', 'null'],
  },
  occurred_at: {
    type: 'string',
    limits:
      'RFC 3339 with seconds and an offset, at most nine fractional digits, at most ' +
      `${maxAheadMs / 60_000} minutes ahead of the server. Stamped if \`id\` is absent too`,
    examples: ['"2026-06-23T13:00:00.5+02:00"', '"2026-06-23 11:00"', '"2999-01-01T00:00:00Z"', undefined],
  },
  metadata: {
    type: 'object',
    limits: 'Texts by name; `{}` if it is absent',
    examples: ['{"region":"eu"}', '{"region":1,"tags":["a"]}', '"eu"'],
  },
  id: {
    type: 'string or integer',
    limits: 'A UUID, or any text that is not empty; made if it is absent',
    examples: ['"01890A5D-AC96-774B-BCCE-B302099A8057"', '"01HZX3"', '17', '""'],
  },
  version: {
    type: 'integer',
    limits: `1 to ${maxVersion}; 1 if it is absent`,
    examples: ['2', '2.0', '0', '"2"'],
  },
  scope: {
    type: 'object',
    limits: `\`id\` and \`type\`: ${name}. An event without a scope is in no customer's log`,
    examples: ['{"id":"acme","type":"account"}', '{"id":"acme"}', String.raw`{"id":"a\nb","type":"account"}`],
  },
  success: {
    type: 'boolean',
    limits: '`true` or `false`',
    examples: ['true', '"true"', undefined],
  },
  request: {
    type: 'object',
    limits:
      '`id`, `ip_address`, `client_trace_id` and others: anything. `null`: there was none. Absent: that which brings ' +
      'the event is stamped',
    examples: ['{"id":"r-1","ip_address":"192.0.2.7"}', '{"ip_address":"unknown"}', '"r-1"', 'null'],
  },
};

const whole: Readonly<Partial<Record<Field, string>>> = {
  action: '"context.create"',
  actor: '{"id":"u-1","type":"user"}',
  target: '{"id":"c-1","type":"context"}',
  success: 'true',
  id: '"01890a5d-ac96-774b-bcce-b302099a8057"',
  occurred_at: '"2026-06-23T11:00:00Z"',
};

/** The clock of the examples. */
const latest = '2026-06-23T12:00:00.000000000Z';

/** The event with one field changed, or without it. */
const judge = (field: Field, value: string | undefined, rest = whole) => {
  const { [field]: _, ...others } = rest;
  const members = Object.entries(value === undefined ? others : { ...others, [field]: value });
  const text = `{${members.map(([name, json]) => `"${name}":${json}`).join()}}`;
  return parseEvent(new JsonReader(text).value(), latest);
};

/** What becomes of it: it is refused, or stored like this. */
const verdictOn = (field: Field, value: string | undefined): string => {
  const verdict = judge(field, value);
  if ('code' in verdict) return `refused: \`${verdict.code}\` at \`${verdict.path}\`. ${verdict.message}`;
  const stored = { ...verdict, occurred_at: verdict.occurredAt }[field];
  const shown = stored === undefined ? 'stamped, or absent' : `stored as ${code(String(stored))}`;
  const codes = verdict.warnings.map(warning => `\`${warning.code}\``);
  return codes.length === 0 ? shown : `${shown}, with the warning ${codes.join(', ')}`;
};

/** Whether an event without the field is refused, if it has no more than it needs. */
export const isRequired = (field: Field): boolean => {
  const { id: _, occurred_at: __, ...needed } = whole;
  return 'code' in judge(field, undefined, needed);
};

const aboutSize = [
  `An event of more than ${kibibytes(maxEventBytes)} is [truncated](../refusals.md#warnings) with a warning: the first`,
  `${kibibytes(keptHeadBytes)} of its largest fields remain. A request has at most`,
  `${maxRequestEvents.toLocaleString('en')} events and ${maxRequestBytes / 1024 / 1024} MiB.`,
].join(' ');
const aboutVerdicts = [
  'Each line is an event that is whole but for the one field. What describes is kept or repaired; only what breaks the',
  'structure is refused.',
].join(' ');

export const printEnvelope = (): string =>
  `${pageHead(
    'The event as it is sent',
    'One JSON object with these fields; any other is refused by name. [The catalogue](../events.md) says what the ' +
      'payload of each action holds, and [the list of codes](../refusals.md) what each refusal and warning means.',
  )}
${table(
  ['field', 'type', 'required', 'limits and default'],
  eventFields.map(name => [
    `\`${name}\``,
    fields[name].type,
    isRequired(name) ? 'yes' : 'no',
    fields[name].limits,
  ]),
)}

${aboutSize}

## What becomes of it

${aboutVerdicts}

${table(
  ['field', 'sent', 'what happens'],
  eventFields.flatMap(name =>
    fields[name].examples.map(value => [
      `\`${name}\``,
      value === undefined ? 'absent' : code(value),
      verdictOn(name, value),
    ]),
  ),
)}
`;
