import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const action = {
  action: 'audit_log.admin.grant',
  description: 'A user was made an admin of this scope, and may ask for its log.',
  emittedWhen: 'Before the right is granted.',
  targetType: 'user',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'user_access', activity: 'Assign Privileges' },
  versions: {
    1: {
      since: '2026-11-25',
      schema: { type: 'object', properties: {} },
      example: {},
    },
  },
} satisfies ActionDefinition;
