import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const action = {
  action: 'audit_log.admin.revoke',
  description: 'A user is no longer an admin of this scope.',
  emittedWhen: 'Before the right is revoked.',
  targetType: 'user',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'user_access', activity: 'Revoke Privileges' },
  versions: {
    1: {
      since: '2026-11-25',
      schema: { type: 'object', properties: {} },
      example: {},
    },
  },
} satisfies ActionDefinition;
