/** The catalogue as its readers see it: what each action means, and the JSON Schema of each payload. */
import { versionNumbers } from './action.ts';
import type { Catalogue } from './catalogue.ts';

/** One entry per action, in the order of their names; its versions ascend. */
export const printActions = ({ actions }: Catalogue) =>
  actions.map(definition => ({
    action: definition.action,
    description: definition.description,
    emitted_when: definition.emittedWhen,
    target_type: definition.targetType,
    scope_required: definition.scopeRequired !== false,
    owner: definition.owner,
    since: definition.versions[1]!.since,
    ...(definition.deprecated === undefined ? {} : { deprecated: definition.deprecated }),
    versions: versionNumbers(definition).map(version => {
      const { since, example, upcast } = definition.versions[version]!;
      return { version, since, example, has_upcaster: upcast !== undefined };
    }),
  }));

/** One entry per action and version. Each schema is one of JSON Schema 2020-12, and is complete by itself. */
export const printSchemas = ({ actions }: Catalogue) =>
  actions.flatMap(definition =>
    versionNumbers(definition).map(version => ({
      action: definition.action,
      version,
      schema: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $id: `urn:annals:payload:${definition.action}:${version}`,
        title: `The payload of ${definition.action}, version ${version}`,
        ...definition.versions[version]!.schema,
      },
    })),
  );
