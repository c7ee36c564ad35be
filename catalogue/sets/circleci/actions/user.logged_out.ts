import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const action = {
  action: 'user.logged_out',
  description: 'A user signed out, or was signed out.',
  emittedWhen: 'When a session ends.',
  targetType: 'user',
  owner: 'identity',
  ocsf: { class: 'authentication', activity: 'Logoff' },
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: {
          reason: { type: 'string', description: 'Why the session ended, such as user, expired or revoked.' },
        },
      },
      example: { reason: 'user' },
    },
  },
} satisfies ActionDefinition;
