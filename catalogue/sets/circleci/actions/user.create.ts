import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const action = {
  action: 'user.create',
  description: 'A user was created.',
  emittedWhen: 'When somebody signs in for the first time, or is provisioned.',
  targetType: 'user',
  owner: 'identity',
  ocsf: { class: 'account_change', activity: 'Create' },
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: {
          login: { type: 'string', description: 'The name that the user signs in with.' },
          identity_provider: {
            type: 'string',
            description: 'Who vouches for the user, such as github or saml.',
          },
        },
      },
      example: { login: 'ada', identity_provider: 'github' },
    },
  },
} satisfies ActionDefinition;
