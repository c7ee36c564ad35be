import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const action = {
  action: 'audit_log.refused.dismiss',
  description: 'A refused event that was kept was dismissed: nothing of it is missing in the log.',
  emittedWhen: 'Before it is no longer counted.',
  targetType: 'refused_item',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'api_activity', activity: 'Update' },
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: {
          reason: { type: 'string', description: 'The reason.' },
          sha256: { type: 'string', description: 'The SHA-256 of the bytes.' },
        },
        required: ['reason', 'sha256'],
      },
      example: {
        reason: 'A test of the new release.',
        sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      },
    },
  },
} satisfies ActionDefinition;
