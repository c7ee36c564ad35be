import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const action = {
  action: 'audit_log.refused.resend',
  description: 'A refused event that was kept was sent again, unchanged or with a fix.',
  emittedWhen: 'Before it is put on the stream.',
  targetType: 'refused_item',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'api_activity', activity: 'Create' },
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: {
          reason: { type: ['string', 'null'], description: 'The reason, if one was given.' },
          sha256_before: { type: 'string', description: 'The SHA-256 of the bytes that were refused.' },
          sha256_after: { type: 'string', description: 'The SHA-256 of the bytes that are sent again.' },
          events: {
            type: 'array',
            items: { type: 'string' },
            description: 'The ids of the events.',
          },
        },
        required: ['reason', 'sha256_before', 'sha256_after', 'events'],
      },
      example: {
        reason: null,
        sha256_before: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        sha256_after: '60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752',
        events: ['6b9c1f0e-5a43-8f6c-9a53-3f3c5d6e7f80'],
      },
    },
  },
} satisfies ActionDefinition;
