import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const action = {
  action: 'context.create',
  description: 'A context was created: a named set of environment variables that jobs may share.',
  emittedWhen:
    'When a context is created in the application, by the API or by the CLI; an attempt that was ' +
    'refused too, with success false.',
  targetType: 'context',
  owner: 'contexts',
  ocsf: { class: 'api_activity', activity: 'Create' },
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: {
          name: { type: 'string', description: 'The name of the context.' },
          groups: {
            type: 'array',
            description: 'The ids of the security groups that may use it; empty means every member.',
            items: { type: 'string' },
          },
        },
      },
      example: { name: 'deploy-production', groups: ['g-release'] },
    },
  },
} satisfies ActionDefinition;
