import { expect, it } from 'vitest';
import { actions as own } from '#catalogue/generated/actions.ts';
import { actions as circleci } from '#catalogue/sets/circleci/generated/actions.ts';
import { firstEvent } from '#cli/start/first-event.ts';
import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { Catalogue } from '#domain/catalogue/catalogue.ts';
import { accepted } from '#test/support/builders.ts';

const refund: ActionDefinition = {
  action: 'order.refund',
  description: 'Money was paid back.',
  emittedWhen: 'When the refund is booked.',
  targetType: 'order',
  owner: 'payments',
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: { amount: { type: 'integer', description: 'In cents.' } },
        required: ['amount'],
      },
      example: { amount: 1250 },
    },
  },
};
const retired = { ...refund, action: 'order.pay', deprecated: 'Use order.refund.' };

it.each([
  ['context.create', [...own, ...circleci, refund]],
  ['order.refund', [...own, retired, refund]],
])('is taken by a strict installation that knows %s, without a warning', (action, actions) => {
  const catalogue = new Catalogue(actions);
  const event = accepted(JSON.stringify(firstEvent(catalogue)));
  expect(event.action).toBe(action);
  expect(catalogue.judge(event, { isStrict: true, isPayloadStrict: true })).toEqual({
    isCatalogued: true,
    warnings: [],
  });
});

it('exists even if no action is known', () => {
  expect(accepted(JSON.stringify(firstEvent(new Catalogue(own)))).action).toBe('context.create');
});
