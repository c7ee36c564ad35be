/** `audit_log.refused.purge`, as the catalogue has it. */
import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const action = {
  action: 'audit_log.refused.purge',
  description: 'The bytes of events that were refused and kept are deleted.',
  emittedWhen: 'Before they are deleted.',
  targetType: 'refused_item',
  scopeRequired: false,
  owner: 'annals',
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: {
          reason: { type: 'string', description: 'Why.' },
          key: { type: 'string', description: 'Of the one item, if it is one.' },
          sender: { type: 'string', description: 'Whose items, if they are those of a sender.' },
          before: { type: 'string', description: 'Filed before when, if they are those before a time.' },
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
