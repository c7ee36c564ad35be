import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { exportMembers } from '../payload-members.ts';

export const action = {
  action: 'audit_log.export.fail',
  description: 'An export of this log failed.',
  emittedWhen: 'Before the export is shown as failed.',
  targetType: 'export',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'api_activity', activity: 'Update' },
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: {
          ...exportMembers,
          reason: {
            type: 'string',
            description: 'Why it failed, such as watermark_stalled, query_failed, timed_out or not_admin.',
          },
          message: { type: 'string', description: 'The same for people, and what to do.' },
        },
        required: ['requested_by', 'reason', 'message', 'from', 'to'],
      },
      example: {
        requested_by: 'u-17',
        reason: 'watermark_stalled',
        from: '2026-11-01T00:00:00.000000000Z',
        to: null,
        message: 'The log was not filed up to the moment of the request within 900 seconds',
      },
    },
  },
} satisfies ActionDefinition;
