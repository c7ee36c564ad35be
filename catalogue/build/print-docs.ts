/**
 * The reference of events for people: our actions, those of each set and the company's in separate parts,
 * each action with its payload and an example.
 */

import { exportedColumns } from '#domain/archive/columns.ts';
import {
  type ActionDefinition,
  type ActionVersion,
  type MemberSchema,
  versionNumbers,
} from '#domain/catalogue/action.ts';
import type { Declared } from '#domain/catalogue/faults.ts';
import { baseEvent, ocsfClasses, ocsfVersion } from '#domain/catalogue/ocsf-classes.ts';
import { madeBy } from './generated-notice.ts';

type Part = { rank: number; heading: string; about: string };
const ours: Part = {
  rank: 0,
  heading: 'What Annals records about itself',
  about: 'Every installation knows these, and only Annals itself records them.',
};
const partOf = ({ isBuiltIn, set }: Declared): Part =>
  isBuiltIn
    ? ours
    : set === undefined
      ? { rank: 2, heading: 'Actions of this catalogue', about: 'What services record.' }
      : {
          rank: 1,
          heading: `The set ${set}`,
          about:
            `Examples that an installation has if it chooses them with \`--with ${set}\`, ` +
            `\`ANNALS_CATALOGUE_WITH\` or \`annals:catalogueWith\`, or if it has no catalogue of ` +
            'its own.',
        };
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const anchor = (heading: string): string => heading.replaceAll('.', '');

export const printDocs = (declared: readonly Declared[]): string => {
  const parts = new Map<string, { part: Part; actions: ActionDefinition[] }>();
  for (const item of declared) {
    const part = partOf(item);
    const { actions } = parts.get(part.heading) ?? { actions: [] };
    parts.set(part.heading, { part, actions: [...actions, item.definition] });
  }
  return `<!-- ${madeBy} -->

# Events

${fieldsOfEvents}

## Actions

${aboutActions.join(' ')}

${[...parts.values()]
  .sort((a, b) => a.part.rank - b.part.rank)
  .map(printPart)
  .join('\n')}
${printOcsf(declared)}`;
};

const aboutOcsf: readonly string[] = [
  `A delivery in the format \`ocsf\` sends these actions as the following classes of OCSF ${ocsfVersion}. An`,
  `action that names no class in its definition is a ${baseEvent.caption}, and so is one that is not in the`,
  'catalogue: its name is the activity.',
];

const printOcsf = (declared: readonly Declared[]): string => `## In OCSF

${aboutOcsf.join(' ')}

| action | class | activity |
| --- | --- | --- |
${declared.map(({ definition }) => ocsfRow(definition)).join('\n')}
`;

const ocsfRow = ({ action, ocsf }: ActionDefinition): string => {
  const { uid, caption } = ocsf ? ocsfClasses[ocsf.class] : baseEvent;
  return `| \`${action}\` | ${caption} (${uid}) | ${ocsf?.activity ?? action} |`;
};

const actionRow = ({ action, description, targetType }: ActionDefinition): string =>
  `| [\`${action}\`](#${anchor(action)}) | ${cell(description)} | ${targetType} |`;

const printPart = ({ part, actions }: { part: Part; actions: readonly ActionDefinition[] }): string =>
  `## ${part.heading}

${part.about}

| action | what it records | target |
| --- | --- | --- |
${actions.map(actionRow).join('\n')}

${actions.map(printAction).join('\n')}`;

const requiredFields = '`action`, `actor`, `target` and `success` are required.';

const aboutActions: readonly string[] = [
  'The catalogued actions, and what their payloads hold. Payloads are open: further members are',
  'kept as sent. A payload that contradicts this list is stored too, with the warning',
  '`payload_mismatch`, which names the place and what was expected.',
];

/**
 * What the reference says of all events: paragraphs of a list, each as its lines, which are joined by spaces.
 */
const rulesOfEvents: readonly (readonly string[])[] = [
  [
    '- **Nobody can keep an event out of the log.** It is refused for its structure alone. What',
    'describes (names, payload, metadata, request) is kept as sent, token for token, or repaired',
    'with a warning.',
  ],
  [
    '- **The request.** An event without `request` is stamped with the HTTP request that brought',
    "it: its id, the caller's address if it is known, its `X-Client-Trace-Id`. That is right for a",
    'service that records while it serves a user, and wrong for imports, shippers and jobs, whose',
    'own POST caused nothing: they send with `?stamp_request=false`, or set `"request": null`.',
  ],
  [
    '- **Ids stay readable forever.** The ids of actor, target, scope and request are in separate',
    'columns beside the JSON, and in every export. Send ids that do not identify a person by',
    'themselves. Addresses and names belong in `name` and `request`, which no column repeats.',
  ],
  [
    '- **An id of actor or target** is any text. If it is not a name (1 to 256 characters, no',
    'control characters), its column has `sha256:` and the SHA-256 of its UTF-8 in hex, and',
    'filters find it by the id itself.',
  ],
  [
    '- **`id` and `occurred_at`** together make a retry the same event: send both. An `id`',
    'that is not a UUID (a ULID, a number) becomes one, derived from it and the action, and is kept',
    "beside it. Never take `occurred_at` from a device's clock: an event more than 15 minutes in",
    'the future is refused.',
  ],
  [
    '- **`scope`** names the customer whose log the event is in. No customer sees an event without',
    'a scope; the answer warns of it, unless the action does not require one.',
  ],
];

const fieldsOfEvents = `An event is one JSON object with these fields. ${requiredFields}

| field | what it holds |
| --- | --- |
${exportedColumns.map(({ name, comment }) => `| \`${name}\` | ${cell(comment)} |`).join('\n')}

${rulesOfEvents.map(lines => lines.join(' ')).join('\n')}`;

const printAction = (definition: ActionDefinition): string => {
  const {
    action,
    description,
    emittedWhen,
    targetType,
    scopeRequired = true,
    owner,
    deprecated,
  } = definition;
  return `### ${action}

${deprecated ? `**Deprecated.** ${deprecated}\n\n` : ''}${description}

- **Emitted:** ${emittedWhen}
- **Target:** \`${targetType}\`
- **Scope:** ${scopeRequired ? 'required' : 'not required'}
- **Since:** ${definition.versions[1]!.since}
- **Owner:** ${owner}

${versionNumbers(definition)
  .reverse()
  .map(number => printVersion(number, definition.versions[number]!))
  .join('\n')}`;
};

const printVersion = (number: number, { since, schema, example, upcast }: ActionVersion): string => {
  const members = membersOf(schema, '');
  const shown = upcast ? 'can be shown in this form' : 'are shown as they are';
  return `#### Version ${number}

${number > 1 ? `Since ${since}. Payloads of version ${number - 1} ${shown}.\n\n` : ''}${
  members.length === 0
    ? 'Its payload declares no members.\n'
    : `| member | type | what it holds |\n| --- | --- | --- |\n${members.join('\n')}\n`
}
\`\`\`json
${JSON.stringify(example, null, 2)}
\`\`\`
`;
};

const membersOf = (schema: MemberSchema, path: string): string[] => {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const required = schema.required?.includes(name) ? ', required' : '';
    const holds = [member.description, limitsOf(member)].filter(Boolean).join(' ');
    return [`| \`${at}\` | ${cell(typeOf(member))}${required} | ${cell(holds)} |`, ...membersOf(member, at)];
  });
  return schema.items ? [...own, ...membersOf(schema.items, `${path}[]`)] : own;
};

const typeOf = ({ type, items, format }: MemberSchema): string => {
  const types = [type].flat().join(' or ');
  return `${types}${items ? ` of ${typeOf(items)}` : ''}${format ? ` (${format})` : ''}`;
};

const limitsOf = (member: MemberSchema): string => {
  const { minimum, maximum, minLength, maxLength, pattern } = member;
  const limits = Object.entries({ minimum, maximum, minLength, maxLength, pattern }).filter(
    ([, value]) => value !== undefined,
  );
  const values = member.enum
    ? [`One of ${member.enum.map(value => `\`${String(value)}\``).join(', ')}.`]
    : [];
  return [...values, ...limits.map(([name, value]) => `${name} \`${value}\`.`)].join(' ');
};
