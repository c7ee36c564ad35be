/** The reference of events for people: grouped by entity, each action with its payload and an example. */
import {
  type ActionDefinition,
  type ActionVersion,
  type MemberSchema,
  versionNumbers,
} from '#domain/action.ts';
import { madeBy } from './made-by.ts';

const entityOf = ({ action }: ActionDefinition): string => action.slice(0, action.indexOf('.'));
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const anchor = (heading: string): string => heading.replaceAll('.', '');

export const printDocs = (actions: readonly ActionDefinition[]): string => {
  const entities = [...new Set(actions.map(entityOf))];
  return `<!-- ${madeBy} -->

# Events

The actions that are catalogued, and what their payloads hold. Payloads are open: further members are kept as they are sent, and only a member that is listed here can be refused, with its place and what was expected. The other fields of an event are the same for all actions.

| action | what it records | target |
| --- | --- | --- |
${actions.map(({ action, description, targetType }) => `| [\`${action}\`](#${anchor(action)}) | ${cell(description)} | ${targetType} |`).join('\n')}

${entities
  .map(
    entity =>
      `## ${entity}\n\n${actions
        .filter(definition => entityOf(definition) === entity)
        .map(printAction)
        .join('\n')}`,
  )
  .join('\n')}`;
};

const printAction = (definition: ActionDefinition): string => {
  const { action, description, emittedWhen, targetType, owner, deprecated } = definition;
  return `### ${action}

${deprecated ? `**Deprecated.** ${deprecated}\n\n` : ''}${description}

- **Emitted:** ${emittedWhen}
- **Target:** \`${targetType}\`
- **Since:** ${definition.versions[1]!.since}
- **Owner:** ${owner}

${versionNumbers(definition)
  .reverse()
  .map(number => printVersion(number, definition.versions[number]!))
  .join('\n')}`;
};

const printVersion = (number: number, { since, schema, example, upcast }: ActionVersion): string => {
  const members = membersOf(schema, '');
  return `#### Version ${number}

${number > 1 ? `Since ${since}. ${upcast ? `Payloads of version ${number - 1} can be shown in this form.` : `Payloads of version ${number - 1} are shown as they are.`}\n\n` : ''}${
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
    return [
      `| \`${at}\` | ${cell(typeOf(member))}${required} | ${cell([member.description, limitsOf(member)].filter(Boolean).join(' '))} |`,
      ...membersOf(member, at),
    ];
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
