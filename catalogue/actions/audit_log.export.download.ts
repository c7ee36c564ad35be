import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { exportMembers } from '../payload-members.ts';

export const action = {
  action: 'audit_log.export.download',
  description: 'Somebody downloaded the file of an export.',
  emittedWhen:
    'Before the link is handed out. A refused download is recorded too, with success false and the reason.',
  targetType: 'export',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'api_activity', activity: 'Read' },
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: {
          all_scopes: exportMembers.all_scopes,
          requested_by: {
            type: ['string', 'null'],
            description: 'The user who requested the export; null if the operator did.',
          },
          refused: {
            type: 'string',
            description: 'If it was refused, the code of the answer.',
          },
        },
        required: ['requested_by'],
      },
      example: { requested_by: 'u-17' },
    },
  },
} satisfies ActionDefinition;
