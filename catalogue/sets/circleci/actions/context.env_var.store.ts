import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const action = {
  action: 'context.env_var.store',
  description: 'An environment variable of a context was set, or set again. Its value is never recorded.',
  emittedWhen: 'When the variable is stored. A refused attempt is recorded too.',
  targetType: 'context',
  owner: 'contexts',
  ocsf: { class: 'api_activity', activity: 'Update' },
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: {
          variable: { type: 'string', description: 'The name of the variable.' },
          is_overwritten: { type: 'boolean', description: 'Whether it had a value before.' },
        },
      },
      example: { variable: 'AWS_REGION', is_overwritten: false },
    },
  },
} satisfies ActionDefinition;
