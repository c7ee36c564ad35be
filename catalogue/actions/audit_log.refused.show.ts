import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const action = {
  action: 'audit_log.refused.show',
  description: 'Somebody looked at the bytes of a refused event that is kept.',
  emittedWhen: 'Before they are shown.',
  targetType: 'refused_item',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'api_activity', activity: 'Read' },
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: { sha256: { type: 'string', description: 'The SHA-256 of the bytes.' } },
        required: ['sha256'],
      },
      example: { sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' },
    },
  },
} satisfies ActionDefinition;
