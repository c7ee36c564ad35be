import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { exportMembers } from '../payload-members.ts';

export const action = {
  action: 'audit_log.export.complete',
  description: 'An export of this log is complete, and its file can be downloaded.',
  emittedWhen: 'Before the export is shown as succeeded.',
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
          rows: { type: 'integer', description: 'The number of events in the file.', minimum: 0 },
          duplicates: { type: 'integer', description: 'The number of copies that were dropped.', minimum: 0 },
          conflicts: {
            type: 'integer',
            description: 'The number of events with a copy whose content differs.',
            minimum: 0,
          },
          reused_ids: {
            type: 'integer',
            description: 'The number of events that have the id of another event.',
            minimum: 0,
          },
          gaps: {
            type: 'integer',
            description: 'The number of gaps whose events may be missing.',
            minimum: 0,
          },
          bytes: { type: 'integer', description: 'The size of the file.', minimum: 0 },
          sha256: { type: 'string', description: 'The SHA-256 of the CSV, in hex.' },
        },
        required: [
          'requested_by',
          'reason',
          'from',
          'to',
          'rows',
          'duplicates',
          'conflicts',
          'reused_ids',
          'gaps',
          'bytes',
          'sha256',
        ],
      },
      example: {
        requested_by: 'u-17',
        reason: 'ticket 8841',
        from: '2026-11-01T00:00:00.000000000Z',
        to: null,
        rows: 4950001,
        duplicates: 50000,
        conflicts: 0,
        reused_ids: 0,
        gaps: 0,
        bytes: 3900000000,
        sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      },
    },
  },
} satisfies ActionDefinition;
