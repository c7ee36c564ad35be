/** `project.settings.update`, as the catalogue has it. */
import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const action = {
  action: 'project.settings.update',
  description: 'Settings of a project were changed.',
  emittedWhen: 'When the change is saved; an attempt that was refused too.',
  targetType: 'project',
  owner: 'projects',
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: {
          before: { type: 'object', description: 'The settings that were changed, as they were.' },
          after: { type: 'object', description: 'The same settings, as they are now.' },
        },
      },
      example: { before: { build_forks: false }, after: { build_forks: true } },
    },
  },
} satisfies ActionDefinition;
