import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const action = {
  action: 'user.logged_in',
  description: 'A user signed in.',
  emittedWhen: 'When a session begins. A failed attempt is recorded too, with success false.',
  targetType: 'user',
  owner: 'identity',
  ocsf: { class: 'authentication', activity: 'Logon' },
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: {
          method: { type: 'string', description: 'How the user signed in, such as oauth, saml or password.' },
          identity_provider: {
            type: 'string',
            description: 'Who vouched for the user, such as github or okta.',
          },
        },
      },
      example: { method: 'saml', identity_provider: 'okta' },
    },
  },
} satisfies ActionDefinition;
