import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const action = {
  action: 'audit_log.scope.open',
  description: 'Support or the operator opened the log on the Audit Log page.',
  emittedWhen: 'Before the first event is shown to them.',
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
        },
        required: ['reason'],
      },
      example: { reason: 'ticket 8841' },
    },
  },
} satisfies ActionDefinition;
