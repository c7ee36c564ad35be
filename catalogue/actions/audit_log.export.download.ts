/** `audit_log.export.download`, as the catalogue has it. */
import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { exportMembers } from '../payload-members.ts';

export const action = {
  action: 'audit_log.export.download',
  description: 'Somebody fetched the file of an export.',
  emittedWhen: 'Before the link is given out; a fetch that was refused too, with success false and why.',
  targetType: 'export',
  scopeRequired: false,
  owner: 'annals',
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: {
          all_scopes: exportMembers.all_scopes,
          requested_by: {
            type: ['string', 'null'],
            description: 'The user who had asked for the export; null where the operator had.',
          },
          refused: {
            type: 'string',
            description: 'Why it was refused, where it was: the code that the caller was answered with.',
          },
        },
        required: ['requested_by'],
      },
      example: { requested_by: 'u-17' },
    },
  },
} satisfies ActionDefinition;
