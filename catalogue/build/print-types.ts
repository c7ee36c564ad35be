/** The types of a catalogue's events, as a TypeScript module: they type the client's `record()`. */
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { type ActionDefinition, type MemberSchema, versionNumbers } from '#domain/catalogue/action.ts';
import { reservedPrefix } from '#domain/event/event.ts';
import { madeBy } from './generated-notice.ts';

const typeName = (action: string, version: number): string =>
  `${action
    .split(/[._]/)
    .map(word => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')}V${version}`;

const quoted = (text: string): string => JSON.stringify(text);

/** In lines of a comment, of at most 100 characters if no word is longer. */
const wrapped = (text: string): string => text.replaceAll(/(.{1,100})(?: +|$)/g, '$1\n').trimEnd();

/**
 * Closed wherever members are declared: the log accepts others, but a further member that a service writes is
 * nearly always a misspelt one.
 */
const closed = (schema: MemberSchema): JSONSchema => {
  const { properties = {}, items, ...rest } = schema;
  const members = Object.entries(properties).map(([name, member]) => [name, closed(member)] as const);
  return {
    ...(rest as JSONSchema),
    ...(items ? { items: closed(items) } : {}),
    properties: Object.fromEntries(members),
    additionalProperties: members.length === 0,
  };
};

/** Actions under `audit_log.` are left out: only Annals itself records them. */
export const printTypes = async (actions: readonly ActionDefinition[]): Promise<string> => {
  const recorded = actions.filter(({ action }) => !action.startsWith(reservedPrefix));
  const payloads = await Promise.all(
    recorded.flatMap(definition =>
      versionNumbers(definition).map(number =>
        compile(
          {
            ...closed(definition.versions[number]!.schema),
            description: wrapped(
              `The payload of ${definition.action}, version ${number}. ${definition.description}`,
            ),
          },
          typeName(definition.action, number),
          { bannerComment: '', additionalProperties: true, style: { singleQuote: true, printWidth: 110 } },
        ),
      ),
    ),
  );
  const members = recorded.map(definition => {
    const versions = versionNumbers(definition).map(
      number => `${number}: ${typeName(definition.action, number)}`,
    );
    const comment = definition.deprecated
      ? `${definition.description} @deprecated ${definition.deprecated}`
      : definition.description;
    const target = `target: ${quoted(definition.targetType)}`;
    return (
      `  /** ${comment.replaceAll('*/', '* /')} */\n` +
      `  ${quoted(definition.action)}: { ${target}; payloads: { ${versions.join('; ')} } };`
    );
  });
  return `/** The events that are catalogued. ${madeBy} */

${payloads.join('\n')}
/** Each action, with the type of its target and its payload by version. */
export type CataloguedEvents = {
${members.join('\n')}
};
`;
};
