import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const action = {
  action: 'project.settings.update',
  description: 'Settings of a project were changed.',
  emittedWhen: 'When the change is saved. A refused attempt is recorded too.',
  targetType: 'project',
  owner: 'projects',
  ocsf: { class: 'api_activity', activity: 'Update' },
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: {
          before: { type: 'object', description: 'The changed settings before the change.' },
          after: { type: 'object', description: 'The same settings after the change.' },
        },
      },
      example: { before: { build_forks: false }, after: { build_forks: true } },
    },
  },
} satisfies ActionDefinition;
