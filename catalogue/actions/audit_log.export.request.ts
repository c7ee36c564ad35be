import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { exportMembers } from '../payload-members.ts';

export const action = {
  action: 'audit_log.export.request',
  description: 'Somebody requested an export of this log, or retried one that failed.',
  emittedWhen:
    'Before the export begins. A refused request is recorded too, with success false and the reason.',
  targetType: 'export',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'api_activity', activity: 'Create' },
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: {
          ...exportMembers,
          refused: {
            type: 'string',
            description: 'If it was refused, the code of the answer.',
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
