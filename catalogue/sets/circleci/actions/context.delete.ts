import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const action = {
  action: 'context.delete',
  description: 'A context was deleted, and with it all its environment variables.',
  emittedWhen:
    'When a context is deleted in the application, by the API or by the CLI. A refused attempt is recorded too.',
  targetType: 'context',
  owner: 'contexts',
  ocsf: { class: 'api_activity', activity: 'Delete' },
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: {
          name: { type: 'string', description: 'The name that the context had.' },
          variables: {
            type: 'integer',
            description: 'The number of environment variables that were deleted with it.',
            minimum: 0,
          },
        },
      },
      example: { name: 'deploy-staging', variables: 4 },
    },
  },
} satisfies ActionDefinition;
