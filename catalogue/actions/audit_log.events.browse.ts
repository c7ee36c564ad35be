import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const action = {
  action: 'audit_log.events.browse',
  description: 'The operator looked into the logs of all scopes.',
  emittedWhen: 'Before each page is shown.',
  targetType: 'log',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'api_activity', activity: 'Read' },
  versions: {
    1: {
      since: '2026-11-26',
      schema: {
        type: 'object',
        properties: {
          reason: { type: 'string', description: 'The reason or the ticket.' },
          from: { type: ['string', 'null'], description: 'The beginning of the window, or null.' },
          to: { type: ['string', 'null'], description: 'The end of the window, or null.' },
        },
        required: ['reason', 'from', 'to'],
      },
      example: { reason: 'ticket 8841', from: '2026-11-01T00:00:00.000000000Z', to: null },
    },
  },
} satisfies ActionDefinition;
