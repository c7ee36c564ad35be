import { App, Stack } from 'aws-cdk-lib';
import { expect, it } from 'vitest';
import { assuming, deliveryEnvironment } from '#lib/delivering.ts';

const env = { account: '123456789012', region: 'eu-west-1' };
const stack = new Stack(new App(), 'S', { env });

it('names the account, of which no role may be assumed, and the ports that are allowed', () => {
  expect(deliveryEnvironment(stack, { deliveryPorts: [8088, 8443] }, 'k')).toEqual({
    ANNALS_DELIVERY_KEY: 'k',
    ANNALS_ACCOUNT: '123456789012',
    ANNALS_DELIVERY_PORTS: '8088,8443',
  });
  expect(assuming(stack)).toMatchObject({
    actions: ['sts:AssumeRole'],
    conditions: { StringNotEquals: { 'aws:ResourceAccount': '123456789012' } },
  });
});
