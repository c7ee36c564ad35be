import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const action = {
  action: 'context.env_var.delete',
  description: 'An environment variable was removed from a context.',
  emittedWhen: 'When the variable is removed. A refused attempt is recorded too.',
  targetType: 'context',
  owner: 'contexts',
  ocsf: { class: 'api_activity', activity: 'Delete' },
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: { variable: { type: 'string', description: 'The name of the variable.' } },
      },
      example: { variable: 'AWS_REGION' },
    },
  },
} satisfies ActionDefinition;
