/** `audit_log.admin.revoke`, as the catalogue has it. */
import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const action = {
  action: 'audit_log.admin.revoke',
  description: 'A user is no admin of this scope any more.',
  emittedWhen: 'Before the right is taken.',
  targetType: 'user',
  scopeRequired: false,
  owner: 'annals',
  versions: {
    1: {
      since: '2026-11-25',
      schema: { type: 'object', properties: {} },
      example: {},
    },
  },
} satisfies ActionDefinition;
