/** `user.logged_in`, as the catalogue has it. */
import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const action = {
  action: 'user.logged_in',
  description: 'A user signed in.',
  emittedWhen: 'When a session begins; an attempt that failed too, with success false.',
  targetType: 'user',
  owner: 'identity',
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: {
          method: { type: 'string', description: 'How: as oauth, saml or password.' },
          identity_provider: { type: 'string', description: 'Who vouched for the user, as github or okta.' },
        },
      },
      example: { method: 'saml', identity_provider: 'okta' },
    },
  },
} satisfies ActionDefinition;
