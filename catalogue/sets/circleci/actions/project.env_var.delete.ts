import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const action = {
  action: 'project.env_var.delete',
  description: 'An environment variable was removed from a project.',
  emittedWhen:
    'When the variable is removed in the settings of the project or by the API. A refused attempt is recorded too.',
  targetType: 'project',
  owner: 'projects',
  ocsf: { class: 'api_activity', activity: 'Delete' },
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: { variable: { type: 'string', description: 'The name of the variable.' } },
      },
      example: { variable: 'NPM_TOKEN' },
    },
  },
} satisfies ActionDefinition;
