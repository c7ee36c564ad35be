/** An action declared for tests, with a payload that has every kind of member, and its second version. */

import type { ActionDefinition, PayloadSchema } from '#domain/catalogue/action.ts';

export const schema: PayloadSchema = {
  type: 'object',
  properties: {
    amount: { type: 'integer', description: 'In cents.', minimum: 1 },
    currency: { type: 'string', description: 'ISO 4217.', enum: ['EUR', 'USD'] },
    'a/b~c': { type: ['string', 'null'], description: 'A key that a pointer has to escape.' },
    lines: {
      type: 'array',
      description: 'What is paid back.',
      items: {
        type: 'object',
        properties: { sku: { type: 'string', description: 'The article.', minLength: 2, pattern: '^[A-Z]' } },
        required: ['sku'],
      },
    },
  },
  required: ['amount'],
};
export const example = { amount: 1250, currency: 'EUR', lines: [{ sku: 'A-1' }] };

export const refund = (change: Partial<ActionDefinition> = {}): ActionDefinition => ({
  action: 'order.refund',
  description: 'Money was paid back.',
  emittedWhen: 'When the refund is booked.',
  targetType: 'order',
  owner: 'payments',
  versions: { 1: { since: '2026-11-25', schema, example } },
  ...change,
});
export const second = {
  since: '2026-12-01',
  schema: {
    type: 'object',
    properties: { amount: { type: 'object', description: 'The amount.', properties: {} } },
    required: ['amount'],
  },
  example: { amount: { value: 1 } },
  upcast: ({ amount, ...rest }: Readonly<Record<string, unknown>>) => ({
    ...rest,
    amount: { value: amount },
  }),
} satisfies ActionDefinition['versions'][number];
