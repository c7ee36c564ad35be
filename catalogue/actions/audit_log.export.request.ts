/** `audit_log.export.request`, as the catalogue has it. */
import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { exportMembers } from '../payload-members.ts';

export const action = {
  action: 'audit_log.export.request',
  description: 'Somebody asked for an export of this log, or for one that failed again.',
  emittedWhen: 'Before the export is begun; a request that was refused too, with success false and why.',
  targetType: 'export',
  scopeRequired: false,
  owner: 'annals',
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: {
          ...exportMembers,
          refused: {
            type: 'string',
            description: 'Why it was refused, where it was: the code that the caller was answered with.',
          },
        },
        required: ['requested_by', 'reason', 'from', 'to'],
      },
      example: {
        requested_by: 'u-17',
        reason: 'ticket 8841',
        from: '2026-11-01T00:00:00.000000000Z',
        to: null,
      },
    },
  },
} satisfies ActionDefinition;
