import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const action = {
  action: 'audit_log.refused.purge',
  description: 'The bytes of refused events that were kept are deleted.',
  emittedWhen: 'Before they are deleted.',
  targetType: 'refused_item',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'api_activity', activity: 'Delete' },
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: {
          reason: { type: 'string', description: 'The reason.' },
          key: { type: 'string', description: 'The key of the item, if it is a single one.' },
          sender: { type: 'string', description: 'The sender, if they were chosen by sender.' },
          before: {
            type: 'string',
            description: 'The time before which they were filed, if they were chosen by time.',
          },
        },
        required: ['reason'],
      },
      example: {
        reason: 'They held passwords.',
        sender: 'arn:aws:iam::123456789012:role/shop',
      },
    },
  },
} satisfies ActionDefinition;
