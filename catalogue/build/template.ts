/**
 * The first text of an action's file, and what is left of it: an action that still has the text of the
 * template has not been described, and is not released.
 */
import type { ActionDefinition, MemberSchema } from '#domain/catalogue/action.ts';
import type { Declared } from '#domain/catalogue/faults.ts';
import { pointerToken } from '#domain/json/pointer.ts';

/** The text in a new file, for somebody to write over. */
const placeholders = {
  description: 'What happened, in one sentence.',
  emittedWhen: 'At which moment it is recorded, and whether a failed attempt is too.',
  owner: 'the team that answers for it',
  member: 'What this member holds. Never a secret.',
} as const;

export type NewAction = { action: string; targetType?: string | undefined; owner?: string | undefined };

/** A string literal, in the quotes that the file uses. */
const quoted = (text: string): string => {
  const escaped = JSON.stringify(text).slice(1, -1);
  return text.includes("'") ? `"${escaped}"` : `'${escaped.replaceAll('\\"', '"')}'`;
};

/** `types` is the module that exports `ActionDefinition`. */
export const printTemplate = ({ action, targetType, owner }: NewAction, types: string): string =>
  `import type { ActionDefinition } from '${types}';

export const action = {
  action: '${action}',
  description: '${placeholders.description}',
  emittedWhen: '${placeholders.emittedWhen}',
  targetType: ${quoted(targetType ?? action.split('.').at(-2)!)},
  owner: ${quoted(owner ?? placeholders.owner)},
  versions: {
    1: {
      since: '${new Date().toISOString().slice(0, 10)}',
      schema: {
        type: 'object',
        properties: {
          name: { type: 'string', description: '${placeholders.member}' },
        },
      },
      example: { name: 'deploy' },
    },
  },
} satisfies ActionDefinition;
`;

const bare = (text: string): string => text.trim().replaceAll(/\s+/g, ' ').replace(/\.$/, '').toLowerCase();
const isPlaceholder = (text: string | undefined, place: keyof typeof placeholders): boolean =>
  text !== undefined && bare(text) === bare(placeholders[place]);

/** What of the template is left in a definition: where, and what to write there. */
export const faultsOfTemplate = ({ definition, source }: Declared): string[] =>
  [
    ...textFaults(definition),
    ...Object.entries(definition.versions).flatMap(([number, { schema }]) =>
      undescribed(schema, '').map(
        path =>
          `versions.${number}.schema: ${path} has the description of the template; say what it ` +
          'holds, or remove it, here and in the example',
      ),
    ),
  ].map(fault => `${source}: ${fault}`);

const textFaults = ({ description, emittedWhen, owner }: ActionDefinition): string[] => [
  ...(isPlaceholder(description, 'description')
    ? ['description is that of the template; write what happened, in one sentence']
    : []),
  ...(isPlaceholder(emittedWhen, 'emittedWhen')
    ? ['emittedWhen is that of the template; write when it is recorded, and whether a failed attempt is too']
    : []),
  ...(isPlaceholder(owner, 'owner')
    ? ['owner is that of the template; write the name of the team that answers for the action']
    : []),
];

/** The members, at any depth, that still have the template's description. */
const undescribed = (schema: MemberSchema, path: string): string[] =>
  Object.entries({ ...schema.properties, ...(schema.items ? { '*': schema.items } : {}) }).flatMap(
    ([name, member]) => {
      const at = path + pointerToken(name);
      return [...(isPlaceholder(member.description, 'member') ? [at] : []), ...undescribed(member, at)];
    },
  );
